import { ActionIcon, Button, NumberInput, Select, TextInput } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { memo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import type { Fields, Flow, Json, Path, Step } from '../../flow/document'
import { Notice } from '../../ui/page'
import { useLatest } from '../../ui/latest'
import { TextField, type Focused } from '../../ui/schema-fields'
import type { Catalog, Samples } from './catalog'
import type { Change } from './use-draft'

export interface Props {
  text: string
  edit: (change: Change) => void
  flow: Flow
  catalog: Catalog
  selected: string
  select: (id: string) => void
  problems: Schemas['Detail'][]
  warnings: Schemas['Detail'][]
  readOnly: boolean
  close: () => void
  samples: Samples
  /** keep makes what a step has yielded the sample that later steps are tried with. */
  keep: (id: string, yielded: Json) => void
}

/** pathText writes a path as problems have it: steps[0].then[1]. */
export function pathText(path: Path): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i > 0 ? `.${part}` : part)).join('')
}

/** Form is what the form of one kind of step works with. */
export interface Form extends Props {
  put: (at: Path, value: Json | undefined) => void
  error: (at: string) => string | undefined
  focused: Focused
}

/** object reads what should be an object, and is an empty one while it is something else. */
export function object(v: Json | undefined): Fields {
  return typeof v === 'object' && v !== null && !Array.isArray(v) ? v : {}
}

export function Connection({ name, choices, set, error, connector }: { name: string; choices: string[]; set: (v: string | undefined) => void; error?: string; connector: string }) {
  const { t } = useTranslation()
  return (
    <>
      <Select label={t('step.connection')} data={choices} value={name || null} onChange={(v) => set(v ?? undefined)} withAsterisk error={error} placeholder={t('step.chooseConnection')} />
      {choices.length === 0 && (
        <Notice tone="warning">
          {t('step.noConnection', { connector })} <a href="/connections">{t('nav.connections')}</a>
        </Notice>
      )}
    </>
  )
}

export function Text({ step, put, error, at, label, focused }: Form & { step: Step; at: [string, string]; label: string }) {
  const { t } = useTranslation()
  const value = object(step.fields[at[0]])[at[1]]
  return <TextField label={t(label as never) as string} value={String(value ?? '')} set={(v) => put(at, v || undefined)} error={error(at.join('.'))} focused={focused} />
}

export function Expression({ step, put, error, at, label, focused }: Form & { step: Step; at: string; label: string }) {
  const { t } = useTranslation()
  return <TextField label={t(label as never) as string} description={t('step.expression')} long mono expression value={String(step.fields[at] ?? '')} set={(v) => put([at], v)} error={error(at)} focused={focused && bare(focused)} />
}

/** bare inserts a datum without {{ }}: an expression is one already. */
export function bare(focused: Focused): Focused {
  return (el, put) => focused(el, (text) => put(text.replace(/^\{\{ (.*) \}\}$/, '$1')))
}

const spans = ['m', 'h', 'd'] as const

/** Span is a duration as a number and a unit; an expression stays what it is. */
export function Span({ label, value, set, error, focused }: { label: string; value: Json | undefined; set: (v: string) => void; error?: string; focused?: Focused }) {
  const { t } = useTranslation()
  const whole = /^(\d+)([mhd])$/.exec(String(value ?? ''))
  if (!whole) return <TextField label={label} description={t('step.spanHelp')} value={typeof value === 'object' ? JSON.stringify(value) : String(value ?? '')} set={set} error={error} focused={focused} />
  return (
    <div className="row" style={{ alignItems: 'flex-end' }}>
      <NumberInput label={label} withAsterisk value={Number(whole[1])} min={1} max={9999} allowDecimal={false} error={error} onChange={(n) => Number(n) >= 1 && set(`${n}${whole[2]}`)} w={140} />
      <Select aria-label={t('step.unit')} data={spans.map((u) => ({ value: u, label: t(`unit.${u}`) }))} value={whole[2]} allowDeselect={false} onChange={(u) => u && set(`${whole[1]}${u}`)} w={140} />
    </div>
  )
}

/** useLists names the workspace's lists of contacts. */
export function useLists(): string[] {
  const lists = useQuery({ queryKey: ['lists'], queryFn: () => ask(client.GET('/api/v1/lists')) })
  return (lists.data?.items ?? []).map((l) => l.name)
}

/** useFields lists the fields that the workspace declares for its contacts. */
export function useFields() {
  const fields = useQuery({ queryKey: ['fields'], queryFn: () => ask(client.GET('/api/v1/fields')) })
  return fields.data?.items ?? []
}

/** useCalendars lists the workspace's calendars. */
export function useCalendars(): string[] {
  const calendars = useQuery({ queryKey: ['calendars'], queryFn: () => ask(client.GET('/api/v1/calendars')) })
  return (calendars.data?.items ?? []).map((c) => c.name)
}

/** Time is a span that is counted around the clock, or by the hours of a calendar. */
export function Time({ label, value, set, error, focused }: { label: string; value: Json | undefined; set: (v: Json) => void; error: (at: string) => string | undefined; focused: Focused }) {
  const { t } = useTranslation()
  const names = useCalendars()
  const business = object(value)
  const counted = 'business' in business
  return (
    <>
      <Span label={label} value={counted ? business.business : value} set={(v) => set(counted ? { ...business, business: v } : v)} error={error(counted ? '.business' : '')} focused={counted ? undefined : focused} />
      {(names.length > 0 || counted) && (
        <Select
          label={t('step.counted')} data={names} value={String(business.calendar ?? '') || null} clearable placeholder={t('step.aroundTheClock')} error={error('.calendar')}
          onChange={(v) => set(v ? { business: counted ? business.business : typeof value === 'string' ? value : '4h', calendar: v } : (business.business ?? '4h'))}
        />
      )}
    </>
  )
}

/** FailureForm says how a call is tried again, and what happens when it fails for good. */
export function FailureForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const retry = object(p.step.fields.retry)
  return (
    <details>
      <summary className="dim">{t('step.ifItFails')}</summary>
      <div className="stack" style={{ marginTop: 12 }}>
        <NumberInput
          label={t('step.attempts')} description={t('step.attemptsHelp')} min={1} max={20} allowDecimal={false} placeholder="5" value={typeof retry.attempts === 'number' ? retry.attempts : ''} error={p.error('retry.attempts')}
          onChange={(n) => p.put(['retry', 'attempts'], typeof n === 'number' ? n : undefined)}
        />
        <TextField label={t('step.backoff')} placeholder="2s" value={String(retry.backoff ?? '')} set={(v) => p.put(['retry', 'backoff'], v || undefined)} error={p.error('retry.backoff')} />
        <TextField label={t('step.timeout')} value={String(p.step.fields.timeout ?? '')} set={(v) => p.put(['timeout'], v || undefined)} error={p.error('timeout')} />
        {!('on_error' in p.step.fields) && (
          <Button variant="default" onClick={() => p.put(['on_error'], [])}>
            {t('step.addOnError')}
          </Button>
        )}
      </div>
    </details>
  )
}

/** OnUnknown says what happens when it is not known whether a call was carried out. */
export function OnUnknown(p: Form & { step: Step }) {
  const { t } = useTranslation()
  return (
    <Select
      label={t('step.onUnknown')} description={t('step.onUnknownHelp')} value={String(p.step.fields.on_unknown ?? 'fail')} allowDeselect={false}
      data={(['fail', 'resend', 'continue'] as const).map((v) => ({ value: v, label: t(`onUnknown.${v}`) }))} onChange={(v) => p.put(['on_unknown'], v && v !== 'fail' ? v : undefined)}
    />
  )
}

/** Values edits an object with free names, as far as names lets them be, or with some of those that are given. fresh asks for a new one. */
export function Values(p: Form & { step: Step; at: string[]; names?: RegExp; among?: string[]; fresh?: string }) {
  const { t } = useTranslation()
  const values = object(p.at.reduce<Json | undefined>((v, key) => object(v)[key], p.step.fields))
  const [fresh, setFresh] = useState('')
  const put = useLatest((name: string, v: Json | undefined) => p.put([...p.at, name], v))
  return (
    <>
      {Object.entries(values).map(([name, value]) => (
        <Value key={name} name={name} value={typeof value === 'object' ? JSON.stringify(value) : String(value ?? '')} put={put} error={p.error([...p.at, name].join('.'))} focused={p.focused} />
      ))}
      <div className="row" style={{ alignItems: 'flex-end' }}>
        {p.among ? (
          <Select className="grow" label={t('step.newValue')} data={p.among.filter((n) => !(n in values))} value={fresh || null} searchable onChange={(v) => setFresh(v ?? '')} />
        ) : (
          <TextInput className="grow" label={p.fresh ?? t(p.at[0] === 'set' ? 'step.newVariable' : 'step.newValue')} value={fresh} onChange={(e) => setFresh(e.currentTarget.value)} />
        )}
        <Button
          variant="default" disabled={!(p.names ?? /^[a-z_][a-z0-9_]*$/).test(fresh) || fresh in values}
          onClick={() => {
            p.put([...p.at, fresh], '')
            setFresh('')
          }}
        >
          {t('do.add')}
        </Button>
      </div>
    </>
  )
}

const Value = memo(function Value({ name, value, put, error, focused }: { name: string; value: string; put: (name: string, v: Json | undefined) => void; error?: string; focused: Focused }) {
  const { t } = useTranslation()
  return (
    <div className="row" style={{ alignItems: 'flex-end' }}>
      <div className="grow">
        <TextField label={name} value={value} set={(v) => put(name, v)} error={error} focused={focused} />
      </div>
      <ActionIcon variant="subtle" color="gray" size="lg" onClick={() => put(name, undefined)} aria-label={t('step.removeVariable', { name })}>
        <IconTrash size={16} />
      </ActionIcon>
    </div>
  )
})

/** useFlowNames lists the workspace's flows. */
export function useFlowNames(): string[] {
  const flows = useQuery({ queryKey: ['flows', 'names'], queryFn: () => ask(client.GET('/api/v1/flows', { params: { query: { limit: 200 } } })) })
  return (flows.data?.items ?? []).map((f) => f.name)
}

/**
 * useRecent is the newest event that started this flow; if none has, the newest of the kind that it starts with. What one
 * flow is given by hand or at its own address tells nothing about another.
 */
export function useRecent(on: string, flow: string) {
  return useQuery({
    queryKey: ['events', on, flow],
    queryFn: async () => {
      const run = (await ask(client.GET('/api/v1/runs', { params: { query: { flow, limit: 1 } } }))).items?.[0]
      if (run?.event_id) {
        const event = await ask(client.GET('/api/v1/events/{id}', { params: { path: { id: run.event_id } } }))
        if (event.type === on) return event
      }
      if (on === 'manual' || on === 'webhook') return null
      const { items } = await ask(client.GET('/api/v1/events', { params: { query: { limit: 200 } } }))
      return items?.find((e) => e.type === on) ?? null
    },
    retry: false,
  })
}

import { ActionIcon, Button, MultiSelect, NumberInput, SegmentedControl, Select, Switch, TagsInput, TextInput } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconTrash, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { all, before, move, remove, set, type Fields, type Flow, type Json, type Path, type Step } from '../../flow/document'
import { Notice } from '../../ui/page'
import { SchemaFields, TextField, type Focused } from '../../ui/schema-fields'
import { action, connectionsOf, data, narrowedBy, ownTriggers, trigger, type Catalog } from './catalog'
import { AcceptForm } from './accept'
import { useDescribe } from './canvas'
import { WebhookForm } from './webhook'

interface Props {
  text: string
  edit: (text: string) => void
  flow: Flow
  catalog: Catalog
  selected: string
  select: (id: string) => void
  problems: Schemas['Detail'][]
  readOnly: boolean
  close: () => void
}

/** Panel is the form of what is selected: the trigger or a step. Each change goes into the document's text at once. */
export function Panel(p: Props) {
  const { t } = useTranslation()
  const describe = useDescribe(p.catalog)
  const step = all(p.flow.steps).find((s) => s.path.join('.') === p.selected)
  const insert = useRef<((text: string) => void) | undefined>(undefined)
  const focused: Focused = (_, put) => {
    insert.current = put
  }
  if (p.selected !== 'trigger' && !step) return null
  const title = step ? describe.step(step).title : describe.trigger(p.flow).title
  const path: Path = step ? step.path : []
  const put = (at: Path, value: Json | undefined) => p.edit(set(p.text, [...path, ...at], value))
  const error = (at: string): string | undefined => {
    const full = step ? `${pathText(step.path)}.${at}` : at
    const found = p.problems.find((d) => d.path === full)
    return found && (found.remedy ? `${found.message}; ${found.remedy}` : found.message)
  }
  const moved = (by: -1 | 1) => {
    const next = move(p.text, path, by)
    p.edit(next.text)
    p.select(next.path.join('.'))
  }
  const form = { ...p, put, error, focused }
  return (
    <aside className="panel" aria-label={t('panel.label')}>
      <div className="card-head">
        <div className="grow">
          <h2>{title}</h2>
          {step && <div className="dim mono">{step.id}</div>}
        </div>
        {step && !p.readOnly && (
          <>
            <ActionIcon variant="subtle" color="gray" onClick={() => moved(-1)} aria-label={t('panel.up')}>
              <IconArrowUp size={16} />
            </ActionIcon>
            <ActionIcon variant="subtle" color="gray" onClick={() => moved(1)} aria-label={t('panel.down')}>
              <IconArrowDown size={16} />
            </ActionIcon>
            <ActionIcon
              variant="subtle"
              color="red"
              aria-label={t('panel.remove')}
              onClick={() => {
                p.edit(remove(p.text, step.path))
                p.select('')
              }}
            >
              <IconTrash size={16} />
            </ActionIcon>
          </>
        )}
        <ActionIcon variant="subtle" color="gray" onClick={p.close} aria-label={t('do.close')}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      <fieldset className="panel-body stack" disabled={p.readOnly} key={p.selected}>
        <Problems problems={p.problems} under={step ? pathText(step.path) : ''} flow={p.flow} step={step} />
        {step ? <StepForm {...form} step={step} /> : <TriggerForm {...form} />}
        {!p.readOnly && <Picker flow={p.flow} catalog={p.catalog} path={path} insert={(text) => insert.current?.(text)} />}
      </fieldset>
    </aside>
  )
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

/** Problems lists what is wrong with a step itself, its branches left out. */
function Problems({ problems, under, flow, step }: { problems: Schemas['Detail'][]; under: string; flow: Flow; step?: Step }) {
  const inner = step ? step.branches.flatMap((b) => b.steps.map((s) => pathText(s.path))) : flow.steps.map((s) => pathText(s.path))
  const mine = problems.filter((d) => {
    const at = d.path ?? ''
    const here = step ? at === under || at.startsWith(`${under}.`) : at.startsWith('trigger') || at.startsWith('contact')
    return here && !inner.some((i) => at === i || at.startsWith(`${i}.`))
  })
  if (mine.length === 0) return null
  return (
    <Notice tone="failed">
      {mine.map((d, i) => (
        <div key={i}>
          {d.message}
          {d.remedy && <> – {d.remedy}</>}
        </div>
      ))}
    </Notice>
  )
}

function TriggerForm(p: Form) {
  const { t } = useTranslation()
  const lists = useLists()
  const on = String(p.flow.trigger.on ?? '')
  const tr = trigger(p.catalog, on)
  const connections = connectionsOf(p.catalog, on)
  const custom = on.startsWith('custom.')
  const groups = [
    { group: t('trigger.own'), items: [...ownTriggers.map((value) => ({ value: value as string, label: t(`trigger.${value.replace('.', '_')}` as never) as string })), { value: custom ? on : 'custom.', label: t('trigger.custom') }] },
    ...p.catalog.connectors.flatMap((c) => {
      const items = (c.manifest.triggers ?? []).map((x) => ({ value: `${c.name}.${x.name}`, label: x.title }))
      return items.length > 0 ? [{ group: c.title, items }] : []
    }),
  ]
  return (
    <>
      <TextField label={t('flows.title')} value={p.flow.title} set={(v) => p.put(['title'], v || undefined)} />
      <Select
        label={t('trigger.on')} data={groups} value={on || null} searchable withAsterisk error={p.error('trigger.on')} description={tr?.summary}
        onChange={(v) => {
          if (!v) return
          const only = connectionsOf(p.catalog, v)
          if (v === 'webhook') p.put(['trigger'], { on: v, with: { auth: 'standard_webhooks' } })
          else if (v === 'date') p.put(['trigger'], { on: v, with: { field: 'birthday', at: '09:00', ignore_year: true } })
          else if (v === 'schedule') p.put(['trigger'], { on: v, with: { cron: '0 9 * * mon-fri' } })
          else p.put(['trigger'], { on: v, ...(only.length === 1 ? { connection: only[0] } : {}) })
        }}
      />
      {custom && <TextField label={t('trigger.customName')} description={t('trigger.customHelp')} mono value={on.slice(7)} set={(v) => p.put(['trigger', 'on'], `custom.${v}`)} />}
      {narrowedBy[on] === 'list' && (
        <Select label={t('trigger.only_list')} description={t('trigger.onlyHelp')} data={lists} value={String(object(p.flow.trigger.with).list ?? '') || null} searchable clearable error={p.error('trigger.with.list')} onChange={(v) => p.put(['trigger', 'with'], v ? { list: v } : undefined)} />
      )}
      {narrowedBy[on] && narrowedBy[on] !== 'list' && (
        <TextField label={t(`trigger.only_${narrowedBy[on]}` as never) as string} description={t('trigger.onlyHelp')} value={String(object(p.flow.trigger.with)[narrowedBy[on]] ?? '')} set={(v) => p.put(['trigger', 'with'], v ? { [narrowedBy[on]]: v } : undefined)} error={p.error(`trigger.with.${narrowedBy[on]}`)} />
      )}
      {on === 'schedule' && <ScheduleForm {...p} />}
      {on === 'date' && <DateForm {...p} />}
      {on === 'message' && <MessageForm {...p} />}
      {on === 'webhook' && <WebhookForm flow={p.flow} put={p.put} error={p.error} readOnly={p.readOnly} />}
      {tr && (
        <>
          <Connection name={String(p.flow.trigger.connection ?? '')} choices={connections} set={(v) => p.put(['trigger', 'connection'], v)} error={p.error('trigger.connection')} connector={tr.connector.title} />
          <SchemaFields
            type={tr.input} values={object(p.flow.trigger.with)} change={(name, v) => p.put(['trigger', 'with', name], v)} error={(f) => p.error(`trigger.with.${f}`)} focused={p.focused}
          />
        </>
      )}
      <h2>{t('contact.about')}</h2>
      <p className="dim" style={{ margin: 0 }}>
        {t('contact.aboutHelp')}
      </p>
      {(['phone', 'email', 'name'] as const).map((f) => (
        <TextField key={f} label={t(`contact.${f}`)} value={String(p.flow.contact[f] ?? '')} set={(v) => p.put(['contact', f], v || undefined)} error={p.error(`contact.${f}`)} focused={p.focused} />
      ))}
      <Select
        label={t('trigger.perContact')} data={(['allow', 'queue', 'replace', 'reject'] as const).map((value) => ({ value, label: t(`trigger.per_${value}`) }))} value={p.flow.perContact} allowDeselect={false} error={p.error('per_contact')}
        onChange={(v) => p.put(['per_contact'], v && v !== 'allow' ? v : undefined)}
      />
    </>
  )
}

/** useFields lists the fields that the workspace declares for its contacts. */
function useFields() {
  const fields = useQuery({ queryKey: ['fields'], queryFn: () => ask(client.GET('/api/v1/fields')) })
  return fields.data?.items ?? []
}

/** DateForm is of a flow that starts when a date of a contact is due. */
function DateForm(p: Form) {
  const { t } = useTranslation()
  const dates = useFields().flatMap((f) => (f.type === 'date' ? [f.name] : []))
  const w = object(p.flow.trigger.with)
  const put = (field: string, v: Json | undefined) => p.put(['trigger', 'with', field], v)
  const field = (name: 'at' | 'offset' | 'time_zone', placeholder: string) => (
    <TextField label={t(`trigger.date_${name}`)} description={t(`trigger.date_${name}Help`)} placeholder={placeholder} value={String(w[name] ?? '')} set={(v) => put(name, v || undefined)} error={p.error(`trigger.with.${name}`)} />
  )
  return (
    <>
      <Select label={t('trigger.date_field')} data={dates} value={String(w.field ?? '') || null} searchable withAsterisk error={p.error('trigger.with.field')} onChange={(v) => put('field', v ?? '')} />
      <Switch label={t('trigger.date_yearly')} description={t('trigger.date_yearlyHelp')} checked={w.ignore_year === true} onChange={(e) => put('ignore_year', e.currentTarget.checked || undefined)} />
      {field('at', '09:00')}
      {field('offset', '-3d')}
      {field('time_zone', 'Europe/Madrid')}
    </>
  )
}

function ScheduleForm(p: Form) {
  const { t } = useTranslation()
  const w = object(p.flow.trigger.with)
  return (
    <>
      <TextField label={t('trigger.cron')} description={t('trigger.cronHelp')} mono value={String(w.cron ?? '')} set={(v) => p.put(['trigger', 'with', 'cron'], v)} error={p.error('trigger.with.cron')} />
      <TextField label={t('calendars.zone')} placeholder="Europe/Madrid" value={String(w.time_zone ?? '')} set={(v) => p.put(['trigger', 'with', 'time_zone'], v || undefined)} error={p.error('trigger.with.time_zone')} />
    </>
  )
}

function MessageForm(p: Form) {
  const { t } = useTranslation()
  const calendars = useCalendars()
  const w = object(p.flow.trigger.with)
  const put = (field: string, v: Json | undefined) => p.put(['trigger', 'with', field], v)
  const words = (field: 'texts' | 'payloads') => (
    <TagsInput label={t(`trigger.${field}`)} value={(Array.isArray(w[field]) ? w[field] : []).map(String)} error={p.error(`trigger.with.${field}`)} onChange={(v) => put(field, v.length > 0 ? v : undefined)} />
  )
  const rank = w.interrupts === true ? 'interrupts' : w.fallback === true ? 'fallback' : 'normal'
  return (
    <>
      <Select label={t('step.connection')} data={p.catalog.connections.map((c) => c.name)} value={String(p.flow.trigger.connection ?? '') || null} clearable placeholder={t('trigger.anyConnection')} error={p.error('trigger.connection')} onChange={(v) => p.put(['trigger', 'connection'], v ?? undefined)} />
      {words('texts')}
      {words('payloads')}
      <TextField label={t('accept.match')} mono value={String(w.pattern ?? '')} set={(v) => put('pattern', v || undefined)} error={p.error('trigger.with.pattern')} />
      <p className="dim" style={{ margin: 0 }}>
        {t('trigger.messageHelp')}
      </p>
      {(calendars.length > 0 || 'during' in w || 'outside' in w) &&
        (['during', 'outside'] as const).map((f) => <Select key={f} label={t(`trigger.${f}`)} data={calendars} value={String(w[f] ?? '') || null} clearable error={p.error(`trigger.with.${f}`)} onChange={(v) => put(f, v ?? undefined)} />)}
      <Select
        label={t('trigger.rank')} data={(['normal', 'interrupts', 'fallback'] as const).map((value) => ({ value, label: t(`trigger.rank_${value}`) }))} value={rank} allowDeselect={false} error={p.error('trigger.with.fallback')}
        onChange={(v) => {
          const { interrupts: _, fallback: __, ...rest } = w
          p.put(['trigger', 'with'], { ...rest, ...(v === 'normal' || !v ? {} : { [v]: true }) })
        }}
      />
    </>
  )
}

/** object reads what should be an object, and is an empty one while it is something else. */
export function object(v: Json | undefined): Fields {
  return typeof v === 'object' && v !== null && !Array.isArray(v) ? v : {}
}

function Connection({ name, choices, set, error, connector }: { name: string; choices: string[]; set: (v: string | undefined) => void; error?: string; connector: string }) {
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

function StepForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const { step } = p
  return (
    <>
      <IdField key={step.path.join('.')} id={step.id} set={(v) => p.put(['id'], v)} error={p.error('id')} />
      {forms[step.kind ?? 'unknown']?.(p) ?? <Notice>{t('step.yamlOnly')}</Notice>}
    </>
  )
}

/** IdField changes the id once it is whole: each half of one would break what refers to it. */
function IdField({ id, set, error }: { id: string; set: (v: string) => void; error?: string }) {
  const { t } = useTranslation()
  const [draft, setDraft] = useState(id)
  return (
    <TextInput
      label={t('step.id')} description={t('step.idHelp')} value={draft} error={error} withAsterisk onChange={(e) => setDraft(e.currentTarget.value)} onBlur={() => draft !== id && set(draft)}
      onKeyDown={(e) => e.key === 'Enter' && draft !== id && set(draft)}
    />
  )
}

const forms: Record<string, (p: Form & { step: Step }) => ReactNode> = {
  do: (p) => <DoForm {...p} />,
  if: (p) => <Expression {...p} at="if" label="step.if" />,
  switch: (p) => <SwitchForm {...p} />,
  customer_response: (p) => <ResponseForm {...p} />,
  delay: (p) => <DelayForm {...p} />,
  set: (p) => <Values {...p} at={['set']} />,
  contact: (p) => <ContactForm {...p} />,
  emit: (p) => (
    <>
      <Text {...p} at={['emit', 'event']} label="step.emitEvent" />
      <Values {...p} at={['emit', 'data']} />
    </>
  ),
  start_flow: (p) => <StartFlowForm {...p} />,
  end_runs: (p) => <EndRunsForm {...p} />,
  fail: (p) => <Text {...p} at={['fail', 'message']} label="step.failMessage" />,
  stop: (p) => <Text {...p} at={['stop', 'reason']} label="step.stopReason" />,
}

function Text({ step, put, error, at, label, focused }: Form & { step: Step; at: [string, string]; label: string }) {
  const { t } = useTranslation()
  const value = object(step.fields[at[0]])[at[1]]
  return <TextField label={t(label as never) as string} value={String(value ?? '')} set={(v) => put(at, v || undefined)} error={error(at.join('.'))} focused={focused} />
}

function Expression({ step, put, error, at, label, focused }: Form & { step: Step; at: string; label: string }) {
  const { t } = useTranslation()
  return <TextField label={t(label as never) as string} description={t('step.expression')} long mono value={String(step.fields[at] ?? '')} set={(v) => put([at], v)} error={error(at)} focused={focused && bare(focused)} />
}

/** bare inserts a datum without {{ }}: an expression is one already. */
function bare(focused: Focused): Focused {
  return (el, put) => focused(el, (text) => put(text.replace(/^\{\{ (.*) \}\}$/, '$1')))
}

function DoForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const name = String(p.step.fields.do ?? '')
  const a = action(p.catalog, name)
  const retry = object(p.step.fields.retry)
  const groups = p.catalog.connectors.flatMap((c) => {
    const items = (c.manifest.actions ?? []).map((x) => ({ value: `${c.name}.${x.name}`, label: x.title }))
    return items.length > 0 ? [{ group: c.title, items }] : []
  })
  return (
    <>
      <Select label={t('step.action')} description={a?.summary} data={groups} value={name || null} searchable withAsterisk error={p.error('do')} onChange={(v) => v && p.put(['do'], v)} />
      {a && (
        <>
          <Connection name={String(p.step.fields.connection ?? '')} choices={connectionsOf(p.catalog, name)} set={(v) => p.put(['connection'], v)} error={p.error('connection')} connector={a.connector.title} />
          <SchemaFields type={a.input} values={object(p.step.fields.with)} change={(f, v) => p.put(['with', f], v)} error={(f) => p.error(`with.${f}`)} templates focused={p.focused} connection={String(p.step.fields.connection ?? '') || undefined} />
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
          {a.repeat === 'once' && (
            <Select
              label={t('step.onUnknown')} description={t('step.onUnknownHelp')} value={String(p.step.fields.on_unknown ?? 'fail')} allowDeselect={false}
              data={(['fail', 'resend', 'continue'] as const).map((v) => ({ value: v, label: t(`onUnknown.${v}`) }))} onChange={(v) => p.put(['on_unknown'], v && v !== 'fail' ? v : undefined)}
            />
          )}
        </>
      )}
    </>
  )
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
function useLists(): string[] {
  const lists = useQuery({ queryKey: ['lists'], queryFn: () => ask(client.GET('/api/v1/lists')) })
  return (lists.data?.items ?? []).map((l) => l.name)
}

/** useCalendars lists the workspace's calendars. */
function useCalendars(): string[] {
  const calendars = useQuery({ queryKey: ['calendars'], queryFn: () => ask(client.GET('/api/v1/calendars')) })
  return (calendars.data?.items ?? []).map((c) => c.name)
}

/** Time is a span that is counted around the clock, or by the hours of a calendar. */
function Time({ label, value, set, error, focused }: { label: string; value: Json | undefined; set: (v: Json) => void; error: (at: string) => string | undefined; focused: Focused }) {
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

function ResponseForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const r = object(p.step.fields.customer_response)
  const sends = before(p.flow, p.step.path).filter((s) => s.kind === 'do' && action(p.catalog, String(s.fields.do ?? ''))?.sends)
  return (
    <>
      <p className="dim" style={{ margin: 0 }}>
        {t('step.responseHelp')}
      </p>
      <Time label={t('step.within')} value={r.within} set={(v) => p.put(['customer_response', 'within'], v)} error={(at) => p.error(`customer_response.within${at}`)} focused={p.focused} />
      {sends.length === 0 && <Notice tone="warning">{t('step.nothingAsked')}</Notice>}
      <Select
        label={t('step.answers')} description={t('step.answersHelp')} data={sends.map((s) => s.id)} value={typeof r.to === 'string' ? r.to : null} clearable placeholder={sends.at(-1)?.id}
        onChange={(v) => p.put(['customer_response', 'to'], v ?? undefined)} error={p.error('customer_response.to')}
      />
      <Select
        label={t('step.several')} description={t('step.severalHelp')} data={(['newest', 'oldest', 'all'] as const).map((v) => ({ value: v, label: t(`several.${v}`) }))}
        value={String(r.several ?? 'newest')} allowDeselect={false} onChange={(v) => p.put(['customer_response', 'several'], v && v !== 'newest' ? v : undefined)}
      />
      <AcceptForm {...p} />
      <TermsForm {...p} />
      <Link to="/insight" search={{ flow: p.flow.name }}>
        {t('insight.title')}
      </Link>
      {!('undelivered' in p.step.fields) && (
        <Button variant="default" onClick={() => p.put(['undelivered'], [])}>
          {t('step.addUndelivered')}
        </Button>
      )}
    </>
  )
}

/** TermsForm holds what few questions need: when the clock starts, and what becomes of messages beside the answer. */
function TermsForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const r = object(p.step.fields.customer_response)
  const collect = object(r.collect)
  const from = String(r.from ?? 'sent')
  const choice = (field: 'from' | 'channels' | 'on_takeover', values: readonly string[]) => (
    <Select
      label={t(`terms.${field}`)} data={values.map((value) => ({ value, label: t(`terms.${field}_${value}` as never) as string }))} value={String(r[field] ?? values[0])} allowDeselect={false} error={p.error(`customer_response.${field}`)}
      onChange={(v) => {
        const next = set(p.text, [...p.step.path, 'customer_response', field], v && v !== values[0] ? v : undefined)
        // Only a clock that waits for a status has a time to wait for it.
        p.edit(field === 'from' && v !== 'delivered' && v !== 'read' ? set(next, [...p.step.path, 'customer_response', 'deliver_within'], undefined) : next)
      }}
    />
  )
  return (
    <details>
      <summary className="dim">{t('terms.label')}</summary>
      <div className="stack" style={{ marginTop: 12 }}>
        {choice('from', ['sent', 'delivered', 'read', 'step'])}
        {(from === 'delivered' || from === 'read') && (
          <TextField label={t('terms.deliverWithin')} placeholder="24h" value={String(r.deliver_within ?? '')} set={(v) => p.put(['customer_response', 'deliver_within'], v || undefined)} error={p.error('customer_response.deliver_within')} />
        )}
        <TextField label={t('terms.quiet')} description={t('terms.quietHelp')} placeholder="5s" value={String(collect.quiet ?? '')} set={(v) => p.put(['customer_response', 'collect'], v ? { ...collect, quiet: v } : undefined)} error={p.error('customer_response.collect.quiet')} />
        {'quiet' in collect && <TextField label={t('terms.max')} placeholder="60s" value={String(collect.max ?? '')} set={(v) => p.put(['customer_response', 'collect', 'max'], v || undefined)} error={p.error('customer_response.collect.max')} />}
        <LateForm {...p} />
        {choice('channels', ['same', 'any'])}
        {choice('on_takeover', ['continue', 'pause', 'cancel'])}
        {r.on_takeover === 'pause' && <TextField label={t('terms.resumeAfter')} placeholder="24h" value={String(r.resume_after ?? '')} set={(v) => p.put(['customer_response', 'resume_after'], v || undefined)} error={p.error('customer_response.resume_after')} />}
      </div>
    </details>
  )
}

function LateForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const names = useFlowNames()
  const late = object(p.step.fields.customer_response).late
  const starts = typeof late === 'object'
  const at = ['customer_response', 'late']
  return (
    <>
      <Select
        label={t('terms.late')} data={(['attach', 'ignore', 'start_flow'] as const).map((value) => ({ value, label: t(`terms.late_${value}`) }))} value={starts ? 'start_flow' : String(late ?? 'attach')} allowDeselect={false} error={starts ? undefined : p.error(at.join('.'))}
        onChange={(v) => p.put(at, v === 'start_flow' ? { start_flow: '' } : v === 'ignore' ? v : undefined)}
      />
      {starts && <Select label={t('step.startFlow')} data={names} value={String(object(late).start_flow ?? '') || null} searchable error={p.error('customer_response.late.start_flow')} onChange={(v) => p.put(at, { start_flow: v ?? '' })} />}
    </>
  )
}

function DelayForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const names = useCalendars()
  const d = object(p.step.fields.delay)
  const way = 'until' in d ? 'until' : 'open' in d ? 'open' : 'for'
  const fresh: Record<string, Json> = { for: { for: '1h' }, until: { until: '' }, open: { open: names[0] ?? '' } }
  return (
    <>
      <SegmentedControl
        aria-label={t('kind.delay')} value={way} data={(['for', 'until', ...(names.length > 0 || way === 'open' ? ['open'] : [])] as ('for' | 'until' | 'open')[]).map((value) => ({ value, label: t(`step.delay_${value}`) }))}
        onChange={(v) => p.put(['delay'], fresh[v])}
      />
      {way === 'until' && <TextField label={t('step.delay_until')} description={t('step.expression')} mono value={String(d.until ?? '')} set={(v) => p.put(['delay', 'until'], v)} error={p.error('delay.until')} focused={bare(p.focused)} />}
      {way === 'for' && <Time label={t('step.delay_for')} value={'business' in d ? d : d.for} set={(v) => p.put(['delay'], typeof v === 'string' ? { for: v } : v)} error={(at) => p.error(at === '' ? 'delay.for' : `delay${at}`)} focused={p.focused} />}
      {way === 'open' && <Select label={t('step.delay_open')} data={names} value={String(d.open ?? '') || null} error={p.error('delay.open')} onChange={(v) => p.put(['delay', 'open'], v ?? '')} />}
    </>
  )
}

/** Values edits an object with free names, or with some of those that are given. */
function Values(p: Form & { step: Step; at: string[]; names?: string[] }) {
  const { t } = useTranslation()
  const values = object(p.at.reduce<Json | undefined>((v, key) => object(v)[key], p.step.fields))
  const [fresh, setFresh] = useState('')
  return (
    <>
      {Object.entries(values).map(([name, value]) => (
        <div key={name} className="row" style={{ alignItems: 'flex-end' }}>
          <div className="grow">
            <TextField label={name} value={typeof value === 'object' ? JSON.stringify(value) : String(value ?? '')} set={(v) => p.put([...p.at, name], v)} error={p.error([...p.at, name].join('.'))} focused={p.focused} />
          </div>
          <ActionIcon variant="subtle" color="gray" size="lg" onClick={() => p.put([...p.at, name], undefined)} aria-label={t('step.removeVariable', { name })}>
            <IconTrash size={16} />
          </ActionIcon>
        </div>
      ))}
      <div className="row" style={{ alignItems: 'flex-end' }}>
        {p.names ? (
          <Select className="grow" label={t('step.newValue')} data={p.names.filter((n) => !(n in values))} value={fresh || null} searchable onChange={(v) => setFresh(v ?? '')} />
        ) : (
          <TextInput className="grow" label={t(p.at[0] === 'set' ? 'step.newVariable' : 'step.newValue')} value={fresh} onChange={(e) => setFresh(e.currentTarget.value)} />
        )}
        <Button
          variant="default" disabled={!/^[a-z_][a-z0-9_]*$/.test(fresh) || fresh in values}
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

/** useFlowNames lists the workspace's flows. */
function useFlowNames(): string[] {
  const flows = useQuery({ queryKey: ['flows', 'names'], queryFn: () => ask(client.GET('/api/v1/flows', { params: { query: { limit: 200 } } })) })
  return (flows.data?.items ?? []).map((f) => f.name)
}

function ContactForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const lists = useLists()
  const fields = useFields()
  const c = object(p.step.fields.contact)
  const list = (at: 'add_tags' | 'remove_tags') => (
    <TagsInput label={t(`step.${at}`)} value={(Array.isArray(c[at]) ? c[at] : []).map(String)} error={p.error(`contact.${at}`)} onChange={(v) => p.put(['contact', at], v.length > 0 ? v : undefined)} />
  )
  const onList = (at: 'add_lists' | 'remove_lists') => {
    const value = (Array.isArray(c[at]) ? c[at] : []).map(String)
    return <MultiSelect label={t(`step.${at}`)} data={[...new Set([...lists, ...value])]} value={value} searchable error={p.error(`contact.${at}`) ?? p.error(`contact.${at}[0]`)} onChange={(v) => p.put(['contact', at], v.length > 0 ? v : undefined)} />
  }
  return (
    <>
      {list('add_tags')}
      {list('remove_tags')}
      {onList('add_lists')}
      {onList('remove_lists')}
      {(['name', 'language', 'time_zone'] as const).map((f) => (
        <TextField key={f} label={t(`contact.${f}`)} value={String(c[f] ?? '')} set={(v) => p.put(['contact', f], v || undefined)} error={p.error(`contact.${f}`)} focused={p.focused} />
      ))}
      <Select label={t('contact.consent')} data={(['subscribed', 'unsubscribed'] as const).map((value) => ({ value, label: t(`state.${value}`) }))} value={String(c.consent ?? '') || null} clearable placeholder={t('step.stays')} onChange={(v) => p.put(['contact', 'consent'], v ?? undefined)} />
      <Select label={t('contact.blocked')} data={[{ value: 'true', label: t('step.yes') }, { value: 'false', label: t('step.no') }]} value={typeof c.block === 'boolean' ? String(c.block) : null} clearable placeholder={t('step.stays')} onChange={(v) => p.put(['contact', 'block'], v === null ? undefined : v === 'true')} />
      <p className="dim" style={{ margin: 0 }}>
        {t('contact.fields')}
      </p>
      <Values {...p} at={['contact', 'fields']} names={fields.map((f) => f.name)} />
    </>
  )
}

function StartFlowForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const names = useFlowNames()
  const s = object(p.step.fields.start_flow)
  return (
    <>
      <Select label={t('step.startFlow')} data={names} value={String(s.flow ?? '') || null} searchable withAsterisk error={p.error('start_flow.flow')} onChange={(v) => p.put(['start_flow', 'flow'], v ?? '')} />
      <Switch label={t('step.startWait')} description={t('step.startWaitHelp')} checked={s.wait === true} onChange={(e) => p.put(['start_flow', 'wait'], e.currentTarget.checked || undefined)} />
      <p className="dim" style={{ margin: 0 }}>
        {t('step.startData')}
      </p>
      <Values {...p} at={['start_flow', 'data']} />
    </>
  )
}

function EndRunsForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const names = useFlowNames()
  const flows = object(p.step.fields.end_runs).flows
  const some = Array.isArray(flows)
  return (
    <>
      <p className="dim" style={{ margin: 0 }}>
        {t('step.endRunsHelp')}
      </p>
      <SegmentedControl aria-label={t('kind.end_runs')} value={some ? 'some' : 'all'} data={[{ value: 'all', label: t('step.endAll') }, { value: 'some', label: t('step.endSome') }]} onChange={(v) => p.put(['end_runs', 'flows'], v === 'all' ? 'all' : [])} />
      {some && <MultiSelect label={t('nav.flows')} data={names} value={flows.map(String)} error={p.error('end_runs.flows')} onChange={(v) => p.put(['end_runs', 'flows'], v)} />}
    </>
  )
}

function SwitchForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const cases = Array.isArray(p.step.fields.cases) ? p.step.fields.cases.map(object) : []
  return (
    <>
      <p className="dim" style={{ margin: 0 }}>
        {t('step.switchHelp')}
      </p>
      {cases.map((c, i) => (
        <div key={i} className="row" style={{ alignItems: 'flex-end' }}>
          <div className="grow">
            {'is' in c ? (
              <TextField label={t('step.caseIs', { n: i + 1 })} value={String(c.is ?? '')} set={(v) => p.put(['cases', i, 'is'], v)} error={p.error(`cases[${i}].is`)} />
            ) : (
              <TextField label={t('step.case', { n: i + 1 })} mono value={String(c.when ?? '')} set={(v) => p.put(['cases', i, 'when'], v)} error={p.error(`cases[${i}].when`)} focused={bare(p.focused)} />
            )}
          </div>
          {cases.length > 1 && (
            <ActionIcon variant="subtle" color="gray" size="lg" onClick={() => p.edit(remove(p.text, [...p.step.path, 'cases', i]))} aria-label={t('step.removeCase', { n: i + 1 })}>
              <IconTrash size={16} />
            </ActionIcon>
          )}
        </div>
      ))}
      <Button variant="default" onClick={() => p.put(['cases', cases.length], { when: '', then: [] })}>
        {t('step.addCase')}
      </Button>
    </>
  )
}

/** Picker offers what the step can read; a click puts it into the field that had the focus last. */
function Picker({ flow, catalog, path, insert }: { flow: Flow; catalog: Catalog; path: Path; insert: (text: string) => void }) {
  const { t } = useTranslation()
  const [filter, setFilter] = useState('')
  const groups = data(catalog, flow, path, path.length > 0 ? before(flow, path) : [])
    .map((g) => ({ ...g, items: g.items.filter((d) => `${d.path} ${d.label}`.toLowerCase().includes(filter.toLowerCase())) }))
    .filter((g) => g.items.length > 0 && (path.length > 0 || g.items[0].path.startsWith('event')))
  return (
    <details className="picker">
      <summary>{t('picker.title')}</summary>
      <div className="stack" style={{ marginTop: 8 }}>
        <p className="dim" style={{ margin: 0, fontSize: 12 }}>
          {t('picker.help')}
        </p>
        <TextInput aria-label={t('picker.filter')} placeholder={t('picker.filter')} value={filter} onChange={(e) => setFilter(e.currentTarget.value)} />
        {groups.map((g) => (
          <div key={g.title}>
            <div className="dim" style={{ fontSize: 12, fontWeight: 500 }}>
              {g.title}
            </div>
            <ul className="data">
              {g.items.map((d) => (
                <li key={d.path}>
                  <button type="button" onMouseDown={(e) => e.preventDefault()} onClick={() => insert(`{{ ${d.path} }}`)}>
                    <span>{d.label}</span> <span className="mono dim">{d.path}</span>
                  </button>
                </li>
              ))}
            </ul>
          </div>
        ))}
        {groups.length === 0 && <div className="dim">{t('picker.none')}</div>}
      </div>
    </details>
  )
}

import { ActionIcon, Button, Tabs, TextInput } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconTrash, IconX } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { all, before, move, remove, set, type Flow, type Json, type Path, type Step } from '../../flow/document'
import { Notice } from '../../ui/page'
import { ExpressionHelp, type Help } from '../../ui/expression'
import { useLatest, useSame } from '../../ui/latest'
import type { Focused } from '../../ui/schema-fields'
import { useDescribe } from './canvas'
import { data, eventSample, lookUp, values, type Catalog, type Samples } from './catalog'
import { pathText, useRecent, type Props } from './form'
import { StepForm } from './step-form'
import { StepTest } from './step-test'
import { TriggerForm } from './trigger-form'

/** Panel is the form of what is selected: the trigger or a step. Each change goes into the document's text at once. */
export function Panel(p: Props) {
  const { t } = useTranslation()
  const describe = useDescribe(p.catalog)
  const step = all(p.flow.steps).find((s) => s.path.join('.') === p.selected)
  const insert = useRef<((text: string) => void) | undefined>(undefined)
  const focused = useLatest<Parameters<Focused>, void>((_, insertText) => {
    insert.current = insertText
  })
  const path: Path = step ? step.path : []
  const put = useLatest((at: Path, value: Json | undefined) => p.edit((text) => set(text, [...path, ...at], value)))
  const { help, tried } = useHelp(p, step)
  const [tab, setTab] = useState<string | null>('form')
  if (p.selected !== 'trigger' && !step) return null
  const title = step ? describe.step(step).title : describe.trigger(p.flow).title
  const error = (at: string): string | undefined => {
    const full = step ? `${pathText(step.path)}.${at}` : at
    const found = p.problems.find((d) => d.path === full)
    return found && (found.remedy ? `${found.message}; ${found.remedy}` : found.message)
  }
  const moved = (by: -1 | 1) => {
    p.edit((text) => move(text, path, by).text)
    p.select(move(p.text, path, by).path.join('.'))
  }
  const form = { ...p, put, error, focused }
  return (
    <aside className={`panel${step && tab === 'test' ? ' wide' : ''}`} aria-label={t('panel.label')}>
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
                p.edit((text) => remove(text, step.path))
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
      {step && !p.readOnly && (
        <Tabs value={tab} onChange={setTab}>
          <Tabs.List>
            <Tabs.Tab value="form">{t('panel.label')}</Tabs.Tab>
            <Tabs.Tab value="test">{t('steptest.title')}</Tabs.Tab>
          </Tabs.List>
        </Tabs>
      )}
      {step && tab === 'test' && !p.readOnly ? (
        <div className="panel-body" key={p.selected}>
          <StepTest {...p} step={step} />
        </div>
      ) : (
        <fieldset className="panel-body stack" disabled={p.readOnly} key={p.selected}>
          <Problems problems={p.problems} tone="failed" under={step ? pathText(step.path) : ''} flow={p.flow} step={step} />
          <Problems problems={p.warnings} tone="warning" under={step ? pathText(step.path) : ''} flow={p.flow} step={step} />
          <ExpressionHelp value={help}>{step ? <StepForm {...form} step={step} /> : <TriggerForm {...form} />}</ExpressionHelp>
          {!p.readOnly && (
            <Picker
              flow={p.flow} catalog={p.catalog} path={path} tried={tried} samples={p.samples} insert={(text) => insert.current?.(text)}
              test={(id) => {
                const earlier = all(p.flow.steps).find((s) => s.id === id)
                if (!earlier) return
                p.select(earlier.path.join('.'))
                setTab('test')
              }}
            />
          )}
        </fieldset>
      )}
    </aside>
  )
}

/** useHelp knows what the fields of a step can read, and has the gateway compute them with the newest event, or one made up. */
function useHelp(p: Props, step?: Step): { help: Help; tried: { [name: string]: Json } } {
  const on = String(p.flow.trigger.on ?? '')
  const recent = useRecent(on, p.flow.name)
  const path: Path = step ? step.path : []
  const earlier = step ? [...before(p.flow, path), step] : []
  const tried = values(p.catalog, p.flow, path, earlier, (recent.data?.data as Json | undefined) ?? eventSample(p.catalog, p.text, on), { steps: p.samples })
  const names = data(p.catalog, p.flow, path, step ? before(p.flow, path) : []).flatMap((g) => g.items)
  const at = `${p.selected} ${recent.data?.id ?? ''} ${JSON.stringify(p.samples)}`
  const preview = useLatest(
    async (expression: string, template: boolean) => (await ask(client.POST('/api/v1/expressions/preview', { body: { source: p.text, step: step?.id, expression, template, values: tried as never } }))).value as Json,
  )
  const help: Help = useSame({ names, at, preview }, `${at} ${JSON.stringify(names)}`)
  return { help, tried }
}

/** Problems lists what is wrong with a step itself, its branches left out. */
function Problems({ problems, tone, under, flow, step }: { problems: Schemas['Detail'][]; tone: 'failed' | 'warning'; under: string; flow: Flow; step?: Step }) {
  const inner = step ? step.branches.flatMap((b) => b.steps.map((s) => pathText(s.path))) : flow.steps.map((s) => pathText(s.path))
  const mine = problems.filter((d) => {
    const at = d.path ?? ''
    const here = step ? at === under || at.startsWith(`${under}.`) : at.startsWith('trigger') || at.startsWith('contact')
    return here && !inner.some((i) => at === i || at.startsWith(`${i}.`))
  })
  if (mine.length === 0) return null
  return (
    <Notice tone={tone}>
      {mine.map((d, i) => (
        <div key={i}>
          {d.message}
          {d.remedy && <> – {d.remedy}</>}
        </div>
      ))}
    </Notice>
  )
}

interface Pick {
  flow: Flow
  catalog: Catalog
  path: Path
  tried: { [name: string]: Json }
  samples: Samples
  insert: (text: string) => void
  test: (id: string) => void
}

/** Picker offers what the step can read, each with the value that is tried; a click puts it into the field that had the focus last. */
function Picker({ flow, catalog, path, tried, samples, insert, test }: Pick) {
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
            <div className="spread dim" style={{ fontSize: 12, fontWeight: 500 }}>
              {g.title}
              {g.step && !(g.step in samples) && (
                <Button size="compact-xs" variant="subtle" onClick={() => test(g.step!)}>
                  {t('steptest.testStep', { step: g.step })}
                </Button>
              )}
            </div>
            <ul className="data">
              {g.items.map((d) => (
                <li key={d.path}>
                  <button type="button" aria-label={`${d.label} ${d.path}`} aria-description={tell(lookUp(tried, d.path))} onMouseDown={(e) => e.preventDefault()} onClick={() => insert(`{{ ${d.path} }}`)}>
                    <span>{d.label}</span> <span className="mono dim">{d.path}</span>
                    <span className="tried dim">{tell(lookUp(tried, d.path))}</span>
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

/** tell is a value of the sample in one line. */
function tell(value: Json | undefined): string | undefined {
  if (value === undefined || value === '') return undefined
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

import { ActionIcon, Tabs, Tooltip } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconDatabase, IconTrash, IconX } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { all, before, move, remove, set, type Flow, type Json, type Path, type Step } from '../../flow/document'
import { Notice } from '../../ui/page'
import { ExpressionHelp, type Help } from '../../ui/expression'
import { useLatest, useSame } from '../../ui/latest'
import type { Focused } from '../../ui/schema-fields'
import { told } from '../../ui/toast'
import { useDescribe } from './canvas'
import { data, eventSample, values } from './catalog'
import { DataDrawer } from './data-drawer'
import { sources } from './data-tree'
import { pathText, useRecent, type Props } from './form'
import { StepForm } from './step-form'
import { StepTest } from './step-test'
import { TriggerForm } from './trigger-form'

/** shut remembers that somebody does not want the data drawer to open by itself. */
const shut = 'data-drawer-shut'
const roomy = () => innerWidth >= 1280

/** Panel is the form of what is selected: the trigger or a step. Each change goes into the document's text at once. */
export function Panel(p: Props) {
  const { t } = useTranslation()
  const describe = useDescribe(p.catalog)
  const step = all(p.flow.steps).find((s) => s.path.join('.') === p.selected)
  const insert = useRef<((text: string) => void) | undefined>(undefined)
  const field = useRef<HTMLElement>(null)
  const [drawer, setDrawer] = useState(false)
  const [asked, setAsked] = useState(0)
  const focused = useLatest<Parameters<Focused>, void>((el, insertText) => {
    insert.current = insertText
    field.current = el
    if (roomy() && localStorage.getItem(shut) === null) setDrawer(true)
  })
  const path: Path = step ? step.path : []
  const put = useLatest((at: Path, value: Json | undefined) => p.edit((text) => set(text, [...path, ...at], value)))
  const { help, tried } = useHelp(p, step)
  const [tab, setTab] = useState<string | null>('form')
  const groups = data(p.catalog, p.flow, path, step ? before(p.flow, path) : []).filter((g) => g.items.length > 0 && (step || g.items[0].path.startsWith('event')))
  const offered = useSame(sources(groups, tried), JSON.stringify([groups, tried]))
  const insertDatum = useLatest((at: string) => (insert.current && field.current?.isConnected ? insert.current(`{{ ${at} }}`) : told(t('data.needsField'))))
  const testStep = useLatest((id: string) => {
    const earlier = all(p.flow.steps).find((s) => s.id === id)
    if (!earlier) return
    p.select(earlier.path.join('.'))
    setTab('test')
  })
  const shutDrawer = useLatest(() => {
    localStorage.setItem(shut, '1')
    setDrawer(false)
    field.current?.focus()
  })
  const back = useLatest(() => field.current?.focus())
  const openDrawer = useLatest(() => {
    localStorage.removeItem(shut)
    setTab('form')
    setDrawer(true)
    setAsked((n) => n + 1)
  })
  useEffect(() => {
    if (p.readOnly) return
    const press = (e: KeyboardEvent) => {
      if (e.key !== 'F4' || e.ctrlKey || e.altKey || e.metaKey) return
      e.preventDefault()
      openDrawer()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [openDrawer, p.readOnly])
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
    <>
      {drawer && (!step || tab === 'form') && !p.readOnly && <DataDrawer sources={offered} samples={p.samples} insert={insertDatum} test={testStep} close={shutDrawer} back={back} asked={asked} />}
      <aside className={`panel${step && tab === 'test' ? ' wide' : ''}`} aria-label={t('panel.label')}>
        <div className="card-head">
          <div className="grow">
            <h2>{title}</h2>
            {step && <div className="dim mono">{step.id}</div>}
          </div>
          {!p.readOnly && (
            <Tooltip label={`${t('data.open')} (F4)`}>
              <ActionIcon variant="subtle" color="gray" onClick={openDrawer} aria-label={t('data.open')} aria-keyshortcuts="F4">
                <IconDatabase size={16} />
              </ActionIcon>
            </Tooltip>
          )}
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
          </fieldset>
        )}
      </aside>
    </>
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
  const steps = all(p.flow.steps).map((s) => s.id)
  const help: Help = useSame({ names, steps, at, preview }, `${at} ${JSON.stringify([names, steps])}`)
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

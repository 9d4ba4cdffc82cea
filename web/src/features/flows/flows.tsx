import './flows.css'
import { Button, Checkbox, Select, TextInput, Tooltip } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import { connectorList, flowList } from '../../app/ahead'
import { useSession } from '../../app/frame'
import { flowsRoute } from '../../app/router'
import { Empty, Loaded, Page } from '../../ui/page'
import { Status } from '../../ui/status'
import { Table } from '../../ui/table'
import { Time } from '../../ui/time'
import { ownTriggers } from './catalog'
import { Bulk, RowMenu } from './filing'
import { OnOff } from './on-off'

const NewFlow = lazy(() => import('./new-flow')) // what writes YAML is heavy, and the list needs none

export function Flows() {
  const { t } = useTranslation()
  const session = useSession()
  const filters = flowsRoute.useSearch()
  const navigate = useNavigate({ from: '/flows' })
  const [making, setMaking] = useState(false)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const named = useTriggerName()
  const flows = useQuery(flowList)
  const narrow = (change: typeof filters) => {
    setChosen(new Set())
    void navigate({ search: (s) => ({ ...s, ...change }), replace: true })
  }
  const choose = (ids: string[], on: boolean) => setChosen((before) => new Set(on ? [...before, ...ids] : [...before].filter((id) => !ids.includes(id))))
  return (
    <Page
      title={t('nav.flows')}
      actions={
        session.may('write') && (
          <Button data-new leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
            {t('flows.new')}
          </Button>
        )
      }
    >
      <Loaded query={flows}>
        {({ items }) => {
          const all = items ?? []
          const shown = all.filter((f) => fits(f, filters))
          const triggers = [...new Set(all.flatMap((f) => f.trigger ?? []))].map((value) => ({ value, label: named(value) }))
          const tags = [...new Set(all.flatMap((f) => f.tags ?? []))].sort((a, b) => a.localeCompare(b))
          const filtered = Object.values(filters).some(Boolean)
          return (
            <div className="card">
              <div className="card-head" style={{ justifyContent: 'flex-start', flexWrap: 'wrap' }}>
                <TextInput data-filter aria-label={t('flows.filter')} placeholder={t('flows.filter')} value={filters.text ?? ''} onChange={(e) => narrow({ text: e.currentTarget.value || undefined })} style={{ flex: '1 1 200px', maxWidth: 280 }} />
                <Select aria-label={t('flows.state')} placeholder={t('flows.anyState')} clearable value={filters.state ?? null} onChange={(v) => narrow({ state: v ?? undefined })} data={states.map((s) => ({ value: s, label: t(`state.${s}`) }))} style={{ flex: '1 1 120px', maxWidth: 160 }} />
                {(triggers.length > 1 || filters.trigger) && <Select aria-label={t('flows.trigger')} placeholder={t('flows.anyTrigger')} clearable searchable value={filters.trigger ?? null} onChange={(v) => narrow({ trigger: v ?? undefined })} data={triggers} style={{ flex: '1 1 140px', maxWidth: 220 }} />}
                {(tags.length > 0 || filters.tag) && <Select aria-label={t('flows.tag')} placeholder={t('flows.anyTag')} clearable searchable value={filters.tag ?? null} onChange={(v) => narrow({ tag: v ?? undefined })} data={tags} style={{ flex: '1 1 120px', maxWidth: 180 }} />}
              </div>
              {chosen.size > 0 && <Bulk flows={shown.filter((f) => chosen.has(f.id))} tags={tags} none={() => setChosen(new Set())} />}
              {shown.length > 0 ? (
                <List flows={shown} named={named} tags={tags} byTag={(tag) => narrow({ tag })} chosen={chosen} choose={session.may('write') ? choose : undefined} />
              ) : filtered ? (
                <Empty action={<Button variant="default" onClick={() => narrow({ text: undefined, state: undefined, trigger: undefined, tag: undefined })}>{t('do.clear')}</Button>}>{t('flows.noMatch')}</Empty>
              ) : (
                <Empty action={session.may('write') && <Button onClick={() => setMaking(true)}>{t('flows.new')}</Button>}>{t('flows.empty')}</Empty>
              )}
            </div>
          )
        }}
      </Loaded>
      <Suspense>{making && <NewFlow close={() => setMaking(false)} />}</Suspense>
    </Page>
  )
}

const states = ['live', 'off', 'draft', 'archived'] as const
type State = (typeof states)[number]

/** fits says whether a flow is one of those that are looked for. The archive is shown only to who asks for it. */
function fits(f: Schemas['Flow'], by: { text?: string; state?: string; trigger?: string; tag?: string }): boolean {
  const words = `${f.name} ${f.title ?? ''} ${(f.tags ?? []).join(' ')}`.toLowerCase()
  return (
    (by.state ? stateOf(f) === by.state : !f.archived) &&
    (!by.text || words.includes(by.text.toLowerCase())) &&
    (!by.trigger || f.trigger === by.trigger) &&
    (!by.tag || (f.tags ?? []).includes(by.tag))
  )
}

function stateOf(f: Schemas['Flow']): State {
  return f.archived ? 'archived' : !f.live_version_id ? 'draft' : f.enabled ? 'live' : 'off'
}

/** useTriggerName says in a person's words what starts a flow. */
function useTriggerName(): (on: string) => string {
  const { t } = useTranslation()
  const connectors = useQuery(connectorList)
  return (on) => {
    if (ownTriggers.includes(on as never)) return t(`trigger.${on.replace('.', '_')}` as never)
    if (on.startsWith('custom.')) return t('trigger.customNamed', { name: on.slice(7) })
    const [name, ...rest] = on.split('.')
    const connector = connectors.data?.items?.find((c) => c.name === name)
    return connector?.manifest.triggers?.find((x) => x.name === rest.join('.'))?.title ?? on
  }
}

const parts = ['succeeded', 'running', 'waiting', 'failed', 'cancelled'] as const

/** Day is what became of a flow's runs of the last 24 hours, as one bar. */
function Day({ flow }: { flow: Schemas['Flow'] }) {
  const { t } = useTranslation()
  const day = flow.last_day
  const known = parts.filter((p) => day && day[p] > 0)
  if (!day || known.length === 0) return <span className="dim">{t('flows.quiet')}</span>
  const n = known.reduce((sum, p) => sum + day[p], 0)
  const says = `${day.newest ? t('flows.newestRuns', { count: n }) : t('flows.dayRuns', { count: n })}: ${known.map((p) => `${t(`state.${p}`)} ${day[p]}`).join(', ')}`
  return (
    <Tooltip label={says}>
      <Link to="/runs" search={{ flow: flow.name, since: '24' }} className="day" aria-label={says}>
        <span className="day-n">{day.newest ? `${n}+` : n}</span>
        <span className="day-bar">
          {known.map((p) => (
            <i key={p} className={p} style={{ flexGrow: day[p] }} />
          ))}
        </span>
        {day.failed > 0 && <span className="day-failed">{t('flows.failedOf', { count: day.failed })}</span>}
      </Link>
    </Tooltip>
  )
}

interface Listed {
  flows: Schemas['Flow'][]
  named: (on: string) => string
  tags: string[]
  byTag: (tag: string) => void
  chosen: ReadonlySet<string>
  choose?: (ids: string[], on: boolean) => void
}

function List({ flows, named, tags, byTag, chosen, choose }: Listed) {
  const { t } = useTranslation()
  const whole = flows.every((f) => chosen.has(f.id))
  return (
    <Table
      rows={flows} id={(f) => f.id}
      columns={[
        choose && {
          head: <Checkbox aria-label={t('flows.chooseAll')} checked={whole} indeterminate={!whole && chosen.size > 0} onChange={(e) => choose(flows.map((f) => f.id), e.currentTarget.checked)} />,
          className: 'pick',
          cell: (f) => <Checkbox aria-label={t('repair.choose', { run: f.title || f.name })} checked={chosen.has(f.id)} onChange={(e) => choose([f.id], e.currentTarget.checked)} />,
        },
        {
          head: t('flows.name'),
          cell: (f) => (
            <div>
              <Link to="/flows/$name" params={{ name: f.name }}>
                {f.title || f.name}
              </Link>
              {f.title && f.title !== f.name && <div className="dim mono">{f.name}</div>}
              {(f.tags ?? []).length > 0 && (
                <div className="tags">
                  {(f.tags ?? []).map((tag) => (
                    <button key={tag} type="button" className="pill tone-neutral" title={t('flows.byTag', { tag })} onClick={() => byTag(tag)}>
                      {tag}
                    </button>
                  ))}
                </div>
              )}
            </div>
          ),
        },
        { head: t('flows.state'), className: 'one', cell: (f) => <><Status state={stateOf(f)} />{f.live_version && <span className="dim"> v{f.live_version}</span>}</> },
        { head: t('flows.trigger'), cell: (f) => (f.trigger ? named(f.trigger) : <span className="dim">–</span>) },
        {
          head: t('flows.lastRun'),
          cell: (f) =>
            f.last_run ? (
              <div>
                <Link to="/runs/$id" params={{ id: f.last_run.id }} aria-label={t('flows.lastRunOf', { flow: f.title || f.name, state: t(`state.${f.last_run.status as 'failed'}`) })}>
                  <Status state={f.last_run.status} />
                </Link>
                <div className="dim">
                  <Time at={f.last_run.created_at} />
                </div>
              </div>
            ) : (
              <span className="dim">–</span>
            ),
        },
        { head: t('flows.day'), cell: (f) => <Day flow={f} /> },
        {
          head: t('flows.changed'),
          className: 'spare',
          cell: (f) => (
            <div>
              <Time at={f.updated_at} />
              {f.changed_by && <div className="dim">{f.changed_by}</div>}
            </div>
          ),
        },
        { head: t('flows.takes'), className: 'end', cell: (f) => <OnOff flow={f} /> },
        { className: 'end', cell: (f) => <RowMenu flow={f} tags={tags} /> },
      ]}
    />
  )
}

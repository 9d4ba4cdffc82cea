import './flows.css'
import { Button, Select, Switch, TextInput, Tooltip } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, Failure, type Schemas } from '../../api/client'
import { connectorList, flowList } from '../../app/ahead'
import { useSession } from '../../app/frame'
import { Ask } from '../../ui/dialog'
import { Empty, Loaded, Page } from '../../ui/page'
import { Status } from '../../ui/status'
import { Table } from '../../ui/table'
import { Time } from '../../ui/time'
import { failed } from '../../ui/toast'
import { ownTriggers } from './catalog'

export function Flows() {
  const { t } = useTranslation()
  const session = useSession()
  const [making, setMaking] = useState(false)
  const [filter, setFilter] = useState('')
  const [state, setState] = useState<State | null>(null)
  const [on, setOn] = useState<string | null>(null)
  const named = useTriggerName()
  const flows = useQuery(flowList)
  return (
    <Page
      title={t('nav.flows')}
      actions={
        session.may('write') && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
            {t('flows.new')}
          </Button>
        )
      }
    >
      <Loaded query={flows}>
        {({ items }) => {
          const all = items ?? []
          const shown = all.filter((f) => `${f.name} ${f.title ?? ''}`.toLowerCase().includes(filter.toLowerCase()) && (!state || stateOf(f) === state) && (!on || f.trigger === on))
          const triggers = [...new Set(all.flatMap((f) => f.trigger ?? []))].map((value) => ({ value, label: named(value) }))
          const filtered = filter !== '' || state !== null || on !== null
          const clear = () => {
            setFilter('')
            setState(null)
            setOn(null)
          }
          return (
            <div className="card">
              <div className="card-head" style={{ justifyContent: 'flex-start', flexWrap: 'wrap' }}>
                <TextInput aria-label={t('flows.filter')} placeholder={t('flows.filter')} value={filter} onChange={(e) => setFilter(e.currentTarget.value)} style={{ flex: '1 1 200px', maxWidth: 280 }} />
                <Select aria-label={t('flows.state')} placeholder={t('flows.anyState')} clearable value={state} onChange={(v) => setState(v as State | null)} data={states.map((s) => ({ value: s, label: t(`state.${s}`) }))} style={{ flex: '1 1 120px', maxWidth: 160 }} />
                {triggers.length > 1 && <Select aria-label={t('flows.trigger')} placeholder={t('flows.anyTrigger')} clearable searchable value={on} onChange={setOn} data={triggers} style={{ flex: '1 1 140px', maxWidth: 220 }} />}
              </div>
              {shown.length > 0 ? (
                <List flows={shown} named={named} />
              ) : filtered ? (
                <Empty action={<Button variant="default" onClick={clear}>{t('do.clear')}</Button>}>{t('flows.noMatch')}</Empty>
              ) : (
                <Empty action={session.may('write') && <Button onClick={() => setMaking(true)}>{t('flows.new')}</Button>}>{t('flows.empty')}</Empty>
              )}
            </div>
          )
        }}
      </Loaded>
      {making && <NewFlow close={() => setMaking(false)} />}
    </Page>
  )
}

const states = ['live', 'off', 'draft'] as const
type State = (typeof states)[number]

function stateOf(f: Schemas['Flow']): State {
  return !f.live_version_id ? 'draft' : f.enabled ? 'live' : 'off'
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

function List({ flows, named }: { flows: Schemas['Flow'][]; named: (on: string) => string }) {
  const { t } = useTranslation()
  return (
    <Table
      rows={flows} id={(f) => f.id}
      columns={[
        {
          head: t('flows.name'),
          cell: (f) => (
            <div>
              <Link to="/flows/$name" params={{ name: f.name }}>
                {f.title || f.name}
              </Link>
              {f.title && f.title !== f.name && <div className="dim mono">{f.name}</div>}
            </div>
          ),
        },
        { head: t('flows.state'), cell: (f) => <Status state={stateOf(f)} /> },
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
      ]}
    />
  )
}

/** OnOff lets a flow take events or not; it shows what the gateway has, never what was only clicked. */
export function OnOff({ flow }: { flow: Schemas['Flow'] }) {
  const { t } = useTranslation()
  const session = useSession()
  const queryClient = useQueryClient()
  const turn = useMutation({
    mutationFn: (on: boolean) => {
      const params = { params: { path: { name: flow.name } } }
      return ask(on ? client.POST('/api/v1/flows/{name}/enable', params) : client.POST('/api/v1/flows/{name}/disable', params))
    },
    onError: (error) => failed(error, t('failed.unreachable')),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['flows'] }),
  })
  if (!flow.live_version_id) return <span className="dim">–</span>
  return (
    <Switch
      checked={flow.enabled}
      disabled={!session.may('write') || turn.isPending}
      onChange={(e) => turn.mutate(e.currentTarget.checked)}
      aria-label={t('flows.takesOf', { flow: flow.title || flow.name })}
      style={{ display: 'inline-block' }}
    />
  )
}

/** slug is a flow's name made of its title. */
function slug(title: string): string {
  return title
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
}

function NewFlow({ close }: { close: () => void }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [title, setTitle] = useState('')
  const [name, setName] = useState<string>()
  const [source, setSource] = useState<string>()
  const shown = name ?? slug(title)
  const make = useMutation({
    mutationFn: async () => {
      const { blankFlow } = await import('../../flow/document') // what writes YAML is heavy, and the list needs none
      return ask(client.POST('/api/v1/flows', { body: { name: shown, source: source ?? blankFlow(shown, title) } }))
    },
    onSuccess: async (draft) => {
      await queryClient.invalidateQueries({ queryKey: ['flows'] })
      close()
      await navigate({ to: '/flows/$name', params: { name: draft.name } })
    },
  })
  const read = async (file: File | undefined) => {
    if (!file) return
    const text = await file.text()
    setSource(text)
    setName(/^name:\s*["']?([a-z0-9-]+)/m.exec(text)?.[1] ?? slug(file.name.replace(/\.[^.]*$/, '')))
    setTitle(/^title:\s*["']?(.+?)["']?\s*$/m.exec(text)?.[1] ?? '')
  }
  const wrong = make.error instanceof Failure ? make.error.field('name') : undefined
  return (
    <Ask title={t('flows.new')} close={close} act={make} does={t('flows.create')} ready={shown !== ''} placed={!!wrong}>
        <TextInput label={t('flows.title')} data-autofocus value={title} onChange={(e) => setTitle(e.currentTarget.value)} />
        <TextInput label={t('flows.slug')} description={t('flows.slugHelp')} required error={wrong} value={shown} onChange={(e) => setName(e.currentTarget.value)} />
        <label className="stack" style={{ gap: 4 }}>
          <span>{t('flows.import')}</span>
          <input type="file" accept=".yaml,.yml,.json" onChange={(e) => void read(e.currentTarget.files?.[0])} />
        </label>
    </Ask>
  )
}

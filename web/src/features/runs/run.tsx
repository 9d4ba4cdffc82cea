import { ActionIcon, Button, Menu, Radio, Tabs, Textarea, TextInput } from '@mantine/core'
import { IconChevronDown, IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { connectorList, flowList } from '../../app/ahead'
import { useSession } from '../../app/frame'
import { every } from '../../app/query'
import { runRoute } from '../../app/router'
import { all, parse } from '../../flow/document'
import type { Mark } from '../flows/canvas'
import { Ask } from '../../ui/dialog'
import { rentedWaits, useFlowName } from '../../ui/flow-name'
import { Copy, Fact, Json, Loaded, Notice, Page } from '../../ui/page'
import { Status } from '../../ui/status'
import { duration, Time } from '../../ui/time'
import { told } from '../../ui/toast'
import { beside } from './beside'
import { More, useEnds } from './ends'
import { Exchanges } from './exchanges'
import { stepName } from './failed-entries'
import { Where } from './runs'
import { Timeline } from './timeline'
import { OpenWait, WaitFacts } from './wait'
import { Waterfall } from './waterfall-view'

const Canvas = lazy(async () => ({ default: (await import('../flows/canvas')).Canvas }))

type Detail = Schemas['RunDetail']

export function RunPage() {
  const { id } = runRoute.useParams()
  const run = useQuery({
    queryKey: ['runs', id],
    queryFn: () => ask(client.GET('/api/v1/runs/{id}', { params: { path: { id } } })),
    // What has ended changes only when somebody takes it up again.
    refetchInterval: (q) => (q.state.data?.ended_at ? 6 * every : every),
  })
  return <Loaded query={run} page>{(r) => <Inspector run={r} />}</Loaded>
}

function Inspector({ run }: { run: Detail }) {
  const { t, i18n } = useTranslation()
  const session = useSession()
  const nameOf = useFlowName()
  const title = useQuery(flowList).data?.items?.find((f) => f.name === run.flow)?.title
  const reference = run.waits?.find((w) => w.reference)?.reference
  const [cancelling, setCancelling] = useState(false)
  const [retrying, setRetrying] = useState(false)
  const [replaying, setReplaying] = useState(false)
  const [view, setView] = useState<string | null>('timeline')
  const [looked, setLooked] = useState<{ key: string }>() // another one each time, so that the same step may be looked at again
  const show = (key: string) => {
    setLooked({ key })
    setView('steps')
  }
  const failed = (run.steps ?? []).filter((s) => s.status === 'failed').map((s) => stepName(s.id, s.iteration))
  const open = run.waits?.find((w) => w.state === 'open')
  const took = ((run.ended_at ? Date.parse(run.ended_at) : Date.now()) - Date.parse(run.created_at)) / 1000
  return (
    <Page
      title={nameOf(run.flow, title)} up={<Link to="/runs">{t('nav.runs')}</Link>}
      hint={
        <>
          <Status state={run.status} />
          {title && title !== run.flow && <span className="mono dim">{run.flow}</span>}
        </>
      }
      actions={
        <>
          <Beside id={run.id} />
          {failed.length > 0 && (
            <Button variant="default" data-failure onClick={() => show(failed[(failed.indexOf(looked?.key ?? '') + 1) % failed.length]!)}>
              {t('run.nextFailure')}
            </Button>
          )}
          {run.flow !== rentedWaits && (
            <Button component={Link} to="/flows/$name" params={{ name: run.flow } as never} variant="default">
              {t('run.openFlow')}
            </Button>
          )}
          {(run.waits ?? []).length > 0 && (
            <Button component={Link} to="/insight" search={{ flow: run.flow } as never} variant="default">
              {t('insight.title')}
            </Button>
          )}
          {run.status === 'failed' && session.may('operate') && <Button onClick={() => setRetrying(true)}>{t('run.retry')}</Button>}
          {session.may('operate') && (
            <Menu position="bottom-end">
              <Menu.Target>
                <Button variant="default" rightSection={<IconChevronDown size={14} />}>
                  {t('run.actions')}
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item onClick={() => setReplaying(true)}>{t('run.replay')}</Menu.Item>
                {!run.ended_at && (
                  <Menu.Item color="red" onClick={() => setCancelling(true)}>
                    {t('run.cancel')}
                  </Menu.Item>
                )}
              </Menu.Dropdown>
            </Menu>
          )}
        </>
      }
    >
      <div className="stack">
        <div className="card pad">
          <dl className="facts">
            <Fact name={t('run.id')}>
              <Copy text={run.id} />
            </Fact>
            <Fact name={t('run.version')}>v{run.flow_version}</Fact>
            {reference && <Fact name={t('run.reference')}>{reference}</Fact>}
            <Fact name={t('run.contact')}>
              {run.contact ? (
                <Link to="/contacts/$id" params={{ id: run.contact.id }}>
                  {run.contact.name || run.contact.phone || run.contact.email}
                </Link>
              ) : (
                '–'
              )}
            </Fact>
            <Fact name={t('run.startedBy')}>
              {run.flow === rentedWaits ? t('run.byAPI') : <span className="mono">{run.event?.type ?? '–'}</span>}
            </Fact>
            <Fact name={t('runs.started')}>
              <Time at={run.created_at} />
            </Fact>
            <Fact name={t('run.took')}>{duration(took, i18n.language)}</Fact>
            {!run.failure && (run.step || run.reason) && (
              <Fact name={t('runs.where')}>
                <Where run={run} />
              </Fact>
            )}
            {run.replay_of && (
              <Fact name={t('run.replayOf')}>
                <Link to="/runs/$id" params={{ id: run.replay_of }} className="mono">
                  {run.replay_of}
                </Link>
              </Fact>
            )}
            {run.replays?.map((id) => (
              <Fact key={id} name={t('run.replayedAs')}>
                <Link to="/runs/$id" params={{ id }} className="mono">
                  {id}
                </Link>
              </Fact>
            ))}
          </dl>
        </div>
        {run.failure && (
          <Notice tone="failed">
            <strong>{run.failure.message}</strong>
            {run.failure.detail && <div className="mono">{run.failure.detail}</div>}
            <div className="dim">{t(`failureKind.${run.failure.kind}`)}</div>
          </Notice>
        )}
        {run.status === 'failed' && run.failure?.kind === 'unknown' && session.may('operate') && <SettleCall run={run} />}
        {open && <OpenWait wait={open} />}
        <Tabs value={view} onChange={setView} keepMounted={false}>
          <Tabs.List>
            <Tabs.Tab value="timeline">{t('run.timeline')}</Tabs.Tab>
            <Tabs.Tab value="waterfall">{t('run.waterfall')}</Tabs.Tab>
            <Tabs.Tab value="steps">{t('run.steps')}</Tabs.Tab>
            <Tabs.Tab value="canvas">{t('run.canvas')}</Tabs.Tab>
            <Tabs.Tab value="event">{t('run.event')}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="timeline" pt="md">
            <Timeline run={run} />
          </Tabs.Panel>
          <Tabs.Panel value="waterfall" pt="md">
            <Waterfall steps={run.steps ?? []} show={show} />
          </Tabs.Panel>
          <Tabs.Panel value="steps" pt="md">
            <Steps steps={run.steps ?? []} waits={run.waits ?? []} looked={looked} />
          </Tabs.Panel>
          <Tabs.Panel value="canvas" pt="md">
            <Overlay run={run} />
          </Tabs.Panel>
          <Tabs.Panel value="event" pt="md">
            {run.event ? <Json value={run.event.data} label={t('run.event')} /> : <span className="dim">–</span>}
          </Tabs.Panel>
        </Tabs>
      </div>
      {retrying && <Retry run={run} close={() => setRetrying(false)} />}
      {replaying && <Replay run={run} close={() => setReplaying(false)} />}
      {cancelling && <Cancel run={run} close={() => setCancelling(false)} />}
    </Page>
  )
}

/** Beside leads to the runs above and below in the list that one came from. */
function Beside({ id }: { id: string }) {
  const { t } = useTranslation()
  const { previous, next } = beside(useQueryClient(), id)
  if (!previous && !next) return null
  return (
    <ActionIcon.Group>
      {(
        [
          [previous, 'previous', IconChevronLeft],
          [next, 'next', IconChevronRight],
        ] as const
      ).map(([to, way, Icon]) =>
        to ? (
          <ActionIcon key={way} component={Link} to="/runs/$id" params={{ id: to } as never} size="lg" variant="default" aria-label={t(`run.${way}`)} title={t(`run.${way}`)} {...{ [`data-${way}`]: true }}>
            <Icon size={16} aria-hidden />
          </ActionIcon>
        ) : (
          <ActionIcon key={way} size="lg" variant="default" disabled aria-label={t(`run.${way}`)}>
            <Icon size={16} aria-hidden />
          </ActionIcon>
        ),
      )}
    </ActionIcon.Group>
  )
}

function Steps({ steps, waits, looked }: { steps: Schemas['Step'][]; waits: Schemas['Wait'][]; looked?: { key: string } }) {
  const { t } = useTranslation()
  const { begin, end, more } = useEnds(steps.length, steps.findIndex((s) => stepName(s.id, s.iteration) === looked?.key) + 1)
  useEffect(() => {
    const details = looked && document.getElementById(`step ${looked.key}`)
    if (!details) return
    details.setAttribute('open', '')
    details.scrollIntoView({ block: 'start' })
    details.querySelector('summary')?.focus({ preventScroll: true })
  }, [looked])
  return (
    <div className="stack">
      {steps.map((s, i) => {
        if (i === begin && i < end) return <More key="more" count={end - begin} more={more} />
        if (i > begin && i < end) return null
        const wait = waits.find((w) => w.step === s.id && w.iteration === s.iteration)
        return (
          <details key={stepName(s.id, s.iteration)} id={`step ${stepName(s.id, s.iteration)}`} className="card" open={s.status === 'failed' || s.status === 'active'}>
            <summary className="card-head" style={{ borderBottom: 0 }}>
              <span className="row">
                <Status state={s.status} />
                <strong className="mono">{s.id}</strong>
                {s.iteration && <span className="dim">{t('run.iteration', { n: s.iteration })}</span>}
                {s.exit && <span className="dim">→ {t(`branch.${s.exit}`, { defaultValue: s.exit })}</span>}
              </span>
              <span className="dim row">
                {(s.attempt ?? 0) > 1 && t('run.attempts', { count: s.attempt })} <Time at={s.started_at} />
              </span>
            </summary>
            <div className="pad stack" style={{ padding: '0 16px 16px' }}>
              {s.failure && (
                <Notice tone="failed">
                  {s.failure.message}
                  {s.failure.detail && <div className="mono">{s.failure.detail}</div>}
                </Notice>
              )}
              {wait && <WaitFacts wait={wait} />}
              {(s.attempts ?? []).length > 0 && <Attempts attempts={s.attempts ?? []} />}
              {s.input !== undefined && (
                <div>
                  <h3 className="label">{t('run.input')}</h3>
                  <Json value={s.input} label={t('run.input')} />
                </div>
              )}
              {s.output !== undefined && (
                <div>
                  <h3 className="label">{t('run.output')}</h3>
                  <Json value={s.output} label={t('run.output')} />
                </div>
              )}
            </div>
          </details>
        )
      })}
    </div>
  )
}

/** Attempts lists the tries of a step's call with what each exchanged with the provider. */
function Attempts({ attempts }: { attempts: Schemas['Attempt'][] }) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
  return (
    <div>
      <h3 className="label">{t('run.calls')}</h3>
      <ol className="stack" style={{ margin: 0, padding: 0, listStyle: 'none' }}>
        {attempts.map((a) => (
          <li key={a.number}>
            <div className="row">
              <Status state={a.outcome === 'succeeded' ? 'succeeded' : 'failed'} />
              <span>{t('run.attempt', { number: a.attempt })}</span>
              <span className="dim">
                {a.started_at && t('run.ms', { ms: number.format(Date.parse(a.ended_at) - Date.parse(a.started_at)) })} <Time at={a.ended_at} />
              </span>
            </div>
            {a.failure && (
              <div>
                {a.failure.message} <span className="dim">{t(`failureKind.${a.failure.kind}`)}</span>
              </div>
            )}
            <Exchanges exchanges={a.exchanges ?? []} />
          </li>
        ))}
      </ol>
    </div>
  )
}

/** Overlay shows the path that the run took on its version of the flow. */
function Overlay({ run }: { run: Detail }) {
  const { t } = useTranslation()
  const version = useQuery({
    queryKey: ['flows', run.flow, 'versions', run.flow_version],
    queryFn: () => ask(client.GET('/api/v1/flows/{name}/versions/{number}', { params: { path: { name: run.flow, number: run.flow_version } } })),
    staleTime: Infinity, // a version never changes
  })
  const source = version.data?.source
  const flow = useMemo(() => (source ? parse(source).flow : undefined), [source])
  const connectors = useQuery(connectorList)
  const marks = useMemo(() => {
    const out = new Map<string, Mark>([['trigger', 'passed']])
    const place = new Map(all(flow?.steps ?? []).map((s) => [s.id, s.path.join('.')]))
    for (const s of run.steps ?? []) {
      const at = place.get(s.id)
      if (at) out.set(at, s.status === 'failed' ? 'broke' : s.status === 'active' ? 'here' : 'passed')
    }
    return out
  }, [flow, run.steps])
  if (!flow) return <p className="dim">{version.isPending ? '' : t('run.noVersion')}</p>
  return (
    <div className="card" style={{ height: 560, overflow: 'hidden' }}>
      <Suspense>
        <Canvas flow={flow} catalog={{ connectors: connectors.data?.items ?? [], connections: [] }} selected="" select={() => undefined} problems={new Map()} marks={marks} />
      </Suspense>
    </div>
  )
}

/** Retry says what will happen again before it does. */
function Retry({ run, close }: { run: Detail; close: () => void }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const retry = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/runs/{id}/retry', { params: { path: { id: run.id } } })),
    onSuccess: () => {
      told(t('run.retried'))
      close()
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['runs'] }),
  })
  return (
    <Ask title={t('run.retry')} close={close} act={retry} does={t('run.retry')}>
        <p>{t('run.retryHelp', { step: run.step ?? '' })}</p>
        {run.failure?.kind === 'unknown' && <Notice tone="warning">{t('run.retryUnknown')}</Notice>}
    </Ask>
  )
}

/** Replay begins the run anew, and says which calls are made again. */
function Replay({ run, close }: { run: Detail; close: () => void }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [version, setVersion] = useState<'live' | 'same'>(run.flow === rentedWaits ? 'same' : 'live')
  const calls = (run.steps ?? []).filter((s) => s.kind === 'do').map((s) => s.id)
  const replay = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/runs/{id}/replay', { params: { path: { id: run.id } }, body: { version } })),
    onSuccess: async ({ run_id }) => {
      close()
      await queryClient.invalidateQueries({ queryKey: ['runs'] })
      await navigate({ to: '/runs/$id', params: { id: run_id } })
    },
  })
  return (
    <Ask title={t('run.replay')} close={close} act={replay} does={t('run.replay')}>
        <p>{t('run.replayHelp')}</p>
        {calls.length > 0 && <Notice tone="warning">{t('run.replayCalls', { steps: calls.join(', ') })}</Notice>}
        {run.flow !== rentedWaits && (
          <Radio.Group label={t('run.version')} value={version} onChange={(v) => setVersion(v as typeof version)}>
            <div className="stack" style={{ marginTop: 8 }}>
              <Radio value="live" label={t('run.replayLive')} />
              <Radio value="same" label={t('run.replaySame', { n: run.flow_version })} />
            </div>
          </Radio.Group>
        )}
    </Ask>
  )
}

/** SettleCall lets a person say what became of a call that broke off. */
function SettleCall({ run }: { run: Detail }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const [output, setOutput] = useState('')
  const [asking, setAsking] = useState<Schemas['Settle']['as']>()
  const wrong = useMemo(() => {
    if (!output.trim()) return undefined
    try {
      JSON.parse(output)
      return undefined
    } catch {
      return t('settle.notJSON')
    }
  }, [output, t])
  const settle = useMutation({
    mutationFn: (as: Schemas['Settle']['as']) =>
      ask(client.POST('/api/v1/runs/{id}/settle', { params: { path: { id: run.id } }, body: { as, output: as === 'done' && output.trim() ? JSON.parse(output) : undefined } })),
    onSuccess: () => {
      told(t('settle.settled'))
      setAsking(undefined)
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['runs'] }),
  })
  return (
    <>
      <Notice tone="warning">
        <strong>{t('settle.title', { step: run.step ?? '' })}</strong>
        <div>{t('settle.help')}</div>
        <div className="row" style={{ flexWrap: 'wrap', marginTop: 8 }}>
          {(['done', 'resend', 'failed'] as const).map((as) => (
            <Button key={as} size="compact-sm" variant="default" onClick={() => setAsking(as)}>
              {t(`settle.${as}`)}
            </Button>
          ))}
        </div>
      </Notice>
      {asking && (
        <Ask title={t(`settle.${asking}`)} close={() => setAsking(undefined)} act={{ ...settle, mutate: () => settle.mutate(asking) }} does={t(`settle.${asking}`)} ready={!wrong}>
          <p>{t(`settle.then.${asking}`)}</p>
          {asking === 'done' && <Textarea label={t('settle.output')} description={t('settle.outputHelp')} autosize minRows={2} error={wrong} value={output} onChange={(e) => setOutput(e.currentTarget.value)} />}
        </Ask>
      )}
    </>
  )
}

function Cancel({ run, close }: { run: Detail; close: () => void }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const [reason, setReason] = useState('')
  const cancel = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/runs/{id}/cancel', { params: { path: { id: run.id } }, body: reason ? { reason } : {} })),
    onSuccess: close,
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['runs'] }),
  })
  return (
    <Ask title={t('run.cancel')} close={close} act={cancel} does={t('run.cancel')} danger>
        <p>{t('run.cancelHelp')}</p>
        <TextInput label={t('run.reason')} data-autofocus value={reason} onChange={(e) => setReason(e.currentTarget.value)} />
    </Ask>
  )
}

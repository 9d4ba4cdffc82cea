import { Button, Checkbox, Menu } from '@mantine/core'
import { IconArrowUp, IconChevronDown } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { useSession } from '../../app/frame'
import { flowList } from '../../app/ahead'
import { every } from '../../app/query'
import { runsRoute } from '../../app/router'
import { Empty, Failed, Loaded, Page } from '../../ui/page'
import { Status } from '../../ui/status'
import { Table } from '../../ui/table'
import { Countdown, duration, Time, useNow } from '../../ui/time'
import { useFlowName } from '../../ui/flow-name'
import { Export } from './export'
import { FilterBar } from './filter-bar'
import { queryOf, type Filters, type Query } from './filters'
import { Repair, type RepairRequest } from './repair'

export function Runs() {
  const { t } = useTranslation()
  const filters: Filters = runsRoute.useSearch()
  const { flow } = filters
  const navigate = useNavigate({ from: '/runs' })
  const runs = useInfiniteQuery({
    queryKey: ['runs', filters],
    queryFn: ({ pageParam }) => ask(client.GET('/api/v1/runs', { params: { query: { ...queryOf(filters, Date.now()), limit: 50, after: pageParam || undefined } } })),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    refetchInterval: every,
  })
  const session = useSession()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [everything, setEverything] = useState(false)
  const [repair, setRepair] = useState<RepairRequest>()
  const clear = () => {
    setChosen(new Set())
    setEverything(false)
  }
  const choose = (ids: string[], on: boolean) => {
    setEverything(false)
    setChosen((before) => new Set(on ? [...before, ...ids] : [...before].filter((id) => !ids.includes(id))))
  }
  const search = (change: Filters) => {
    clear()
    void navigate({ search: (s) => ({ ...s, ...change }), replace: true })
  }
  const all = runs.data?.pages.flatMap((p) => p.items ?? []) ?? []
  const { items, fresh, show } = useArrivals(all, JSON.stringify(filters), runs.data !== undefined)
  // A repair knows fewer filters than the list; it must not mean more runs than are seen.
  const repairable = Object.entries(filters).every(([name, v]) => !v || name === 'status' || name === 'flow' || name === 'contact')
  const filtered = Object.values(filters).some(Boolean)
  return (
    <Page
      title={t('nav.runs')} hint={<span className="dim">{t('runs.live')}</span>}
      actions={
        <>
          <Button component={Link} to="/repairs" variant="default">
            {t('repairs.title')}
          </Button>
          <Export query={() => queryOf(filters, Date.now())} chosen={items.filter((r) => chosen.has(r.id))} />
        </>
      }
    >
      <div className="card">
        <div className="card-head" style={{ justifyContent: 'flex-start', flexWrap: 'wrap' }}>
          <FilterBar filters={filters} search={search} />
          {flow && (
            <Link to="/insight" search={{ flow }}>
              {t('insight.title')}
            </Link>
          )}
        </div>
        {runs.isError && !runs.data ? (
          <Failed error={runs.error} retry={() => void runs.refetch()} />
        ) : (
          <Loaded query={runs as never}>
            {() =>
              items.length === 0 ? (
                filtered ? (
                  <Empty action={<Button variant="default" onClick={() => void navigate({ search: {}, replace: true })}>{t('do.clear')}</Button>}>{t('runs.noMatch')}</Empty>
                ) : (
                  <Empty action={<Button component={Link} to="/flows" variant="default">{t('nav.flows')}</Button>}>{t('runs.empty')}</Empty>
                )
              ) : (
                <>
                  {fresh > 0 && (
                    <button type="button" className="arrivals" onClick={show}>
                      <IconArrowUp size={14} aria-hidden /> {t('runs.arrived', { count: fresh })}
                    </button>
                  )}
                  {(chosen.size > 0 || everything) && (
                    <div className="card-head" style={{ justifyContent: 'flex-start', flexWrap: 'wrap' }} role="status">
                      <strong>{everything ? t('repair.all') : t('repair.chosen', { count: chosen.size })}</strong>
                      {!everything && filtered && repairable && (
                        <Button size="compact-sm" variant="subtle" onClick={() => setEverything(true)}>
                          {t('repair.chooseAll')}
                        </Button>
                      )}
                      <Menu position="bottom-start">
                        <Menu.Target>
                          <Button size="compact-sm" rightSection={<IconChevronDown size={14} />}>
                            {t('run.actions')}
                          </Button>
                        </Menu.Target>
                        <Menu.Dropdown>
                          {(['retry', 'replay', 'settle_done', 'settle_failed', 'settle_resend', 'timeout', 'cancel'] as const).map((action) => (
                            <Menu.Item key={action} color={action === 'cancel' ? 'red' : undefined} onClick={() => setRepair(everything ? { action, flow, contact: filters.contact, status: queryOf(filters, 0).status as RunStatus } : { action, runs: [...chosen] })}>
                              {t(`repair.action.${action}`)}
                            </Menu.Item>
                          ))}
                        </Menu.Dropdown>
                      </Menu>
                      <Button size="compact-sm" variant="default" onClick={clear}>
                        {t('repair.none')}
                      </Button>
                    </div>
                  )}
                  <RunTable runs={items} chosen={everything ? new Set(items.map((r) => r.id)) : chosen} choose={session.may('operate') ? choose : undefined} />
                </>
              )
            }
          </Loaded>
        )}
        {runs.hasNextPage && (
          <div className="empty" style={{ padding: 12 }}>
            <Button variant="default" onClick={() => void runs.fetchNextPage()} loading={runs.isFetchingNextPage}>
              {t('do.more')}
            </Button>
          </div>
        )}
      </div>
      <Repair
        request={repair}
        close={() => {
          setRepair(undefined)
          clear()
        }}
      />
    </Page>
  )
}

type RunStatus = Query['status']

/** useArrivals keeps what began since the list was looked at out of it until it is asked for: rows do not move under one's hand. */
function useArrivals(all: Schemas['Run'][], list: string, loaded: boolean) {
  const [seen, setSeen] = useState<{ list: string; newest: string }>()
  const newest = all[0]?.id ?? ''
  const known = seen?.list === list ? seen.newest : undefined
  useEffect(() => {
    if (loaded && !known) setSeen({ list, newest })
  }, [loaded, known, list, newest])
  const items = known ? all.filter((r) => r.id <= known) : all
  return { items, fresh: all.length - items.length, show: () => setSeen({ list, newest }) }
}

/** RunTable lists runs, each with where it is now; with choose they can be chosen. */
export function RunTable({ runs, chosen, choose }: { runs: Schemas['Run'][]; chosen?: ReadonlySet<string>; choose?: (ids: string[], on: boolean) => void }) {
  const { t } = useTranslation()
  const nameOf = useFlowName()
  const flows = useQuery(flowList).data?.items
  const titles = useMemo(() => new Map(flows?.map((f) => [f.name, f.title])), [flows])
  const whole = runs.every((r) => chosen?.has(r.id))
  return (
    <Table
      rows={runs} id={(r) => r.id}
      columns={[
        choose && {
          head: <Checkbox aria-label={t('repair.choosePage')} checked={whole} indeterminate={!whole && (chosen?.size ?? 0) > 0} onChange={(e) => choose(runs.map((r) => r.id), e.currentTarget.checked)} />,
          className: 'pick',
          cell: (r) => <Checkbox aria-label={t('repair.choose', { run: r.id })} checked={chosen?.has(r.id) ?? false} onChange={(e) => choose([r.id], e.currentTarget.checked)} />,
        },
        { head: t('runs.status'), cell: (r) => <Status state={r.status} /> },
        {
          head: t('runs.flow'),
          className: 'one',
          cell: (r) => (
            <>
              <Link to="/runs/$id" params={{ id: r.id }} title={r.flow}>
                {nameOf(r.flow, titles.get(r.flow))}
                {titles.get(r.flow) && titles.get(r.flow) !== r.flow && <span className="visually-hidden"> {r.flow}</span>}
              </Link>{' '}
              <span className="dim">v{r.flow_version}</span>
            </>
          ),
        },
        {
          head: t('run.contact'),
          cell: (r) =>
            r.contact_id ? (
              <Link to="/contacts/$id" params={{ id: r.contact_id }}>
                {r.contact_name || t('run.contact')}
              </Link>
            ) : (
              <span className="dim">–</span>
            ),
        },
        { head: t('runs.where'), className: 'wide', cell: (r) => <Where run={r} /> },
        { head: t('runs.tries'), className: 'end', cell: (r) => ((r.attempt ?? 0) > 1 ? r.attempt : <span className="dim">{r.attempt || '–'}</span>) },
        { head: t('runs.started'), cell: (r) => <Time at={r.created_at} /> },
        { head: t('run.took'), className: 'end', cell: (r) => <Took run={r} /> },
      ]}
    />
  )
}

/** Took is how long a run has taken, until now if it goes on. */
function Took({ run: r }: { run: Schemas['Run'] }) {
  const { i18n } = useTranslation()
  const now = useNow(10_000)
  return <span className={r.ended_at ? undefined : 'dim'}>{duration(((r.ended_at ? Date.parse(r.ended_at) : now) - Date.parse(r.created_at)) / 1000, i18n.language)}</span>
}

/** Where says in a few words where a run is, and until when. */
export function Where({ run: r }: { run: Schemas['Run'] }) {
  const { t } = useTranslation()
  if (r.failure) return <span style={{ color: 'var(--failed)' }}>{r.failure.message}</span>
  if (r.status === 'cancelled') return <span className="dim">{r.reason}</span>
  if (!r.step) return <span className="dim">–</span>
  return (
    <span>
      {r.phase === 'asking' ? t('runs.asking') : r.phase === 'sleeping' ? t('runs.sleeping') : r.phase === 'backing_off' ? t('runs.backingOff') : r.phase === 'held' ? t('runs.held') : ''} <span className="mono">{r.step}</span>
      {r.paused_at ? (
        <> – {t('runs.clockStands')}</>
      ) : (
        (r.deadline ?? (r.phase === 'held' ? undefined : r.wake_at)) && (
          <>
            {' – '}
            <Countdown until={(r.deadline ?? r.wake_at)!} />
          </>
        )
      )}
    </span>
  )
}

import { Button, Checkbox, Menu, Select } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { useSession } from '../../app/frame'
import { every } from '../../app/query'
import { runsRoute } from '../../app/router'
import { Empty, Failed, Loaded, Page } from '../../ui/page'
import { Status } from '../../ui/status'
import { Countdown, Time } from '../../ui/time'
import { Repair, type RepairRequest } from './repair'

const statuses = ['queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled'] as const
type RunStatus = (typeof statuses)[number]

export function Runs() {
  const { t } = useTranslation()
  const { status, flow } = runsRoute.useSearch()
  const navigate = useNavigate({ from: '/runs' })
  const flows = useQuery({ queryKey: ['flows'], queryFn: () => ask(client.GET('/api/v1/flows', { params: { query: { limit: 200 } } })) })
  const runs = useInfiniteQuery({
    queryKey: ['runs', { status, flow }],
    queryFn: ({ pageParam }) => ask(client.GET('/api/v1/runs', { params: { query: { limit: 50, after: pageParam || undefined, flow, status: status as RunStatus | undefined } } })),
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
  const search = (change: { status?: string; flow?: string }) => {
    clear()
    void navigate({ search: (s) => ({ ...s, ...change }), replace: true })
  }
  const items = runs.data?.pages.flatMap((p) => p.items ?? []) ?? []
  return (
    <Page title={t('nav.runs')} hint={<span className="dim">{t('runs.live')}</span>}>
      <div className="card">
        <div className="card-head" style={{ justifyContent: 'flex-start', flexWrap: 'wrap' }}>
          <Select aria-label={t('runs.status')} placeholder={t('runs.anyStatus')} clearable value={status ?? null} onChange={(v) => search({ status: v ?? undefined })} data={statuses.map((s) => ({ value: s, label: t(`state.${s}`) }))} w={200} />
          <Select aria-label={t('runs.flow')} placeholder={t('runs.anyFlow')} clearable searchable value={flow ?? null} onChange={(v) => search({ flow: v ?? undefined })} data={(flows.data?.items ?? []).map((f) => ({ value: f.name, label: f.title || f.name }))} w={280} />
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
                status || flow ? (
                  <Empty action={<Button variant="default" onClick={() => search({ status: undefined, flow: undefined })}>{t('do.clear')}</Button>}>{t('runs.noMatch')}</Empty>
                ) : (
                  <Empty action={<Button component={Link} to="/flows" variant="default">{t('nav.flows')}</Button>}>{t('runs.empty')}</Empty>
                )
              ) : (
                <>
                  {(chosen.size > 0 || everything) && (
                    <div className="card-head" style={{ justifyContent: 'flex-start', flexWrap: 'wrap' }} role="status">
                      <strong>{everything ? t('repair.all') : t('repair.chosen', { count: chosen.size })}</strong>
                      {!everything && (status || flow) && (
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
                          {(['retry', 'replay', 'timeout', 'cancel'] as const).map((action) => (
                            <Menu.Item key={action} color={action === 'cancel' ? 'red' : undefined} onClick={() => setRepair(everything ? { action, flow, status: status as RunStatus | undefined } : { action, runs: [...chosen] })}>
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

/** RunTable lists runs, each with where it is now; with choose they can be chosen. */
export function RunTable({ runs, chosen, choose }: { runs: Schemas['Run'][]; chosen?: ReadonlySet<string>; choose?: (ids: string[], on: boolean) => void }) {
  const { t } = useTranslation()
  const whole = runs.every((r) => chosen?.has(r.id))
  return (
    <div className="table-box">
      <table className="list">
        <thead>
          <tr>
            {choose && (
              <th scope="col" className="pick">
                <Checkbox aria-label={t('repair.choosePage')} checked={whole} indeterminate={!whole && (chosen?.size ?? 0) > 0} onChange={(e) => choose(runs.map((r) => r.id), e.currentTarget.checked)} />
              </th>
            )}
            <th scope="col">{t('runs.status')}</th>
            <th scope="col">{t('runs.flow')}</th>
            <th scope="col">{t('runs.where')}</th>
            <th scope="col">{t('runs.started')}</th>
            <th scope="col">{t('runs.ended')}</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((r) => (
            <tr key={r.id}>
              {choose && (
                <td className="pick">
                  <Checkbox aria-label={t('repair.choose', { run: r.id })} checked={chosen?.has(r.id) ?? false} onChange={(e) => choose([r.id], e.currentTarget.checked)} />
                </td>
              )}
              <td>
                <Status state={r.status} />
              </td>
              <td>
                <Link to="/runs/$id" params={{ id: r.id }}>
                  {r.flow}
                </Link>{' '}
                <span className="dim">v{r.flow_version}</span>
              </td>
              <td>
                <Where run={r} />
              </td>
              <td>
                <Time at={r.created_at} />
              </td>
              <td>
                <Time at={r.ended_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
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
      {r.wake_at && r.phase !== 'held' && (
        <>
          {' – '}
          <Countdown until={r.wake_at} />
        </>
      )}
    </span>
  )
}

import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { every } from '../../app/query'
import { repairsRoute } from '../../app/router'
import { Dialog } from '../../ui/dialog'
import { Empty, Loaded, More, Page } from '../../ui/page'
import { Status } from '../../ui/status'
import { Table } from '../../ui/table'
import { duration, Time } from '../../ui/time'
import { FlowLink } from '../../ui/flow-name'
import { Progress } from './repair'

type Repair = Schemas['Repair']

/** Repairs lists what was done to several runs at once: how far it is, who asked for it, and what became of each run. */
export function Repairs() {
  const { t, i18n } = useTranslation()
  const { id } = repairsRoute.useSearch()
  const navigate = useNavigate({ from: '/repairs' })
  const repairs = useInfiniteQuery({
    queryKey: ['repairs'],
    queryFn: ({ pageParam }) => ask(client.GET('/api/v1/repairs', { params: { query: { limit: 50, after: pageParam || undefined } } })),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    refetchInterval: (q) => (q.state.data?.pages.some((p) => p.items?.some((r) => r.state === 'running')) ? 1_000 : every),
  })
  const items = repairs.data?.pages.flatMap((p) => p.items ?? []) ?? []
  const shown = items.find((r) => r.id === id)
  const close = () => void navigate({ search: {}, replace: true })
  return (
    <Page
      title={t('repairs.title')} up={<Link to="/runs">{t('nav.runs')}</Link>}
    >
      <div className="card">
        <Loaded query={repairs as never}>
          {() =>
            items.length === 0 ? (
              <Empty action={<Button component={Link} to="/runs" variant="default">{t('nav.runs')}</Button>}>{t('repairs.empty')}</Empty>
            ) : (
              <Table
                rows={items} id={(r) => r.id}
                columns={[
                  { head: t('runs.status'), cell: (r) => <Status state={r.state === 'done' ? 'succeeded' : r.state} /> },
                  {
                    head: t('repairs.what'),
                    className: 'one',
                    cell: (r) => (
                      <>
                        <Link to="/repairs" search={{ id: r.id }} replace>
                          {t(`repair.action.${r.action as 'retry'}`)}
                        </Link>
                        {r.reason && <div className="dim">{r.reason}</div>}
                      </>
                    ),
                  },
                  {
                    head: t('runs.flow'),
                    cell: (r) =>
                      r.flow ? (
                        <FlowLink name={r.flow} />
                      ) : (
                        <span className="dim">–</span>
                      ),
                  },
                  { head: t('repairs.progress'), cell: (r) => <Bar repair={r} /> },
                  { head: t('repairs.by'), cell: (r) => r.asked_by_name || (r.asked_by ? <span className="mono">{r.asked_by}</span> : <span className="dim">–</span>) },
                  { head: t('runs.started'), cell: (r) => <Time at={r.created_at} /> },
                  { head: t('run.took'), className: 'end', cell: (r) => (r.ended_at ? duration((Date.parse(r.ended_at) - Date.parse(r.created_at)) / 1000, i18n.language) : <span className="dim">–</span>) },
                ]}
              />
            )
          }
        </Loaded>
        <More list={repairs} />
      </div>
      {id && (
        <Dialog close={close} title={shown ? t(`repair.action.${shown.action as 'retry'}`) : t('repairs.title')} size="lg">
          <Progress id={id} />
        </Dialog>
      )}
    </Page>
  )
}

/** Bar says how many of the runs were dealt with, and how many of them stayed as they were. */
function Bar({ repair: r }: { repair: Repair }) {
  const { t } = useTranslation()
  const share = (n: number) => `${r.total > 0 ? (100 * n) / r.total : 0}%`
  return (
    <div>
      <div className="meter" role="progressbar" aria-label={t('repairs.progress')} aria-valuemin={0} aria-valuemax={r.total} aria-valuenow={r.done + r.skipped}>
        <span className="done" style={{ width: share(r.done) }} />
        <span className="left" style={{ width: share(r.skipped) }} />
      </div>
      <span className="dim">{t('repair.progress', { done: r.done, skipped: r.skipped, total: r.total })}</span>
    </div>
  )
}

import { Button, Drawer, Select } from '@mantine/core'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { connectionList } from '../../app/ahead'
import { useSession } from '../../app/frame'
import { every } from '../../app/query'
import { requestsRoute } from '../../app/router'
import { indented } from '../../ui/json'
import { Copy, Empty, Loaded, More, Notice, Page } from '../../ui/page'
import { Status } from '../../ui/status'
import { Table } from '../../ui/table'
import { Time } from '../../ui/time'
import { failed, told } from '../../ui/toast'
import { Ways } from './ways'

const verdicts = ['received', 'read', 'failed', 'duplicate', 'bad_signature', 'too_old', 'bad_handshake', 'too_large', 'bad_encoding', 'malformed', 'overloaded'] as const
type Verdict = (typeof verdicts)[number]
type Kept = 'received' | 'read' | 'failed'

const wasKept = (v: Verdict): v is Kept => v === 'received' || v === 'read' || v === 'failed'

/** state is the word for a verdict among those of other things: a message that was read is not a request that was. */
const state = (v: Verdict) => (wasKept(v) ? ({ received: 'queued', read: 'taken', failed: 'unreadable' } as const)[v] : v)

/** Requests is the log of webhook requests that came in. */
export function Requests() {
  const { t, i18n } = useTranslation()
  const { verdict, connection, request } = requestsRoute.useSearch()
  const navigate = useNavigate({ from: '/webhooks/in' })
  const search = (change: { verdict?: string; connection?: string; request?: string }) => void navigate({ search: (s) => ({ ...s, ...change }), replace: true })
  const connections = useQuery(connectionList)
  const names = new Map((connections.data?.items ?? []).map((c) => [c.id, c.name]))
  const receiving = (connections.data?.items ?? []).filter((c) => c.webhook_url)
  const requests = useInfiniteQuery({
    queryKey: ['requests', { verdict, connection }],
    queryFn: ({ pageParam }) => ask(client.GET('/api/v1/requests', { params: { query: { limit: 50, after: pageParam || undefined, verdict: verdicts.find((v) => v === verdict), connection } } })),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    refetchInterval: every,
  })
  const items = requests.data?.pages.flatMap((p) => p.items ?? []) ?? []
  const size = new Intl.NumberFormat(i18n.language, { style: 'unit', unit: 'byte', unitDisplay: 'narrow', notation: 'compact' })
  return (
    <Page title={t('nav.webhooks')} hint={<Ways />}>
      <div className="stack" style={{ gap: 16 }}>
        <p className="dim" style={{ margin: 0 }}>
          {t('requests.help')}
        </p>
        {receiving.length > 0 && (
          <details className="card">
            <summary className="card-head" style={{ borderBottom: 0, justifyContent: 'flex-start' }}>
              <strong>{t('requests.addresses')}</strong> <span className="dim">{receiving.length}</span>
            </summary>
            <ul className="lines">
              {receiving.map((c) => (
                <li key={c.id}>
                  <Status state={c.health} />
                  <strong>{c.name}</strong>
                  <span className="grow" style={{ display: 'flex', justifyContent: 'flex-end' }}>
                    <Copy text={c.webhook_url ?? ''} />
                  </span>
                </li>
              ))}
            </ul>
          </details>
        )}
        <div className="card">
          <div className="card-head" style={{ justifyContent: 'flex-start', flexWrap: 'wrap' }}>
            <Select aria-label={t('requests.verdict')} placeholder={t('requests.anyVerdict')} clearable value={verdict ?? null} onChange={(v) => search({ verdict: v ?? undefined })} data={verdicts.map((v) => ({ value: v, label: t(`state.${state(v)}`) }))} w={200} />
            <Select aria-label={t('requests.connection')} placeholder={t('requests.anyConnection')} clearable searchable value={connection ?? null} onChange={(v) => search({ connection: v ?? undefined })} data={receiving.map((c) => ({ value: c.id, label: c.name }))} w={240} />
          </div>
          <Loaded query={requests as never}>
            {() =>
              items.length === 0 ? (
                verdict || connection ? (
                  <Empty action={<Button variant="default" onClick={() => search({ verdict: undefined, connection: undefined })}>{t('do.clear')}</Button>}>{t('requests.noMatch')}</Empty>
                ) : (
                  <Empty action={<Link to="/connections">{t('nav.connections')}</Link>}>{t('requests.empty')}</Empty>
                )
              ) : (
                <Table
                  rows={items} id={(r) => r.id}
                  columns={[
                    {
                      head: t('run.id'),
                      cell: (r) => (
                        <button type="button" className="link mono" onClick={() => search({ request: r.id })} aria-haspopup="dialog" aria-label={`${t('requests.one')} ${r.id}`} title={r.id}>
                          …{r.id.slice(-7)}
                        </button>
                      ),
                    },
                    {
                      head: t('requests.verdict'),
                      cell: (r) => (
                        <div>
                          <Status state={state(r.verdict)} />
                          {r.failure && <div style={{ color: 'var(--failed)' }}>{r.failure}</div>}
                          {!!r.skipped && <div className="dim">{t('requests.skipped', { count: r.skipped })}</div>}
                        </div>
                      ),
                    },
                    {
                      head: t('requests.to'),
                      cell: (r) =>
                        r.flow ? (
                          <Link to="/flows/$name" params={{ name: r.flow }}>
                            {r.flow}
                          </Link>
                        ) : (
                          (names.get(r.connection_id ?? '') ?? r.connector)
                        ),
                    },
                    { head: t('requests.receivedAt'), cell: (r) => <Time at={r.received_at} /> },
                    { head: t('requests.size'), className: 'end', cell: (r) => size.format(r.size) },
                  ]}
                />
              )
            }
          </Loaded>
          <More list={requests} />
        </div>
      </div>
      <Drawer opened={!!request} onClose={() => search({ request: undefined })} position="right" size="xl" title={t('requests.one')} closeButtonProps={{ 'aria-label': t('do.close') }}>
        {request && <Detail id={request} names={names} />}
      </Drawer>
    </Page>
  )
}

function Detail({ id, names }: { id: string; names: Map<string, string> }) {
  const request = useQuery({
    queryKey: ['requests', 'one', id],
    queryFn: () => ask(client.GET('/api/v1/requests/{id}', { params: { path: { id } } })),
    refetchInterval: (q) => (q.state.data?.verdict === 'received' ? 1_000 : false),
  })
  return <Loaded query={request}>{(r) => <Inside request={r} names={names} />}</Loaded>
}

function Inside({ request: r, names }: { request: Schemas['RequestDetail']; names: Map<string, string> }) {
  const { t } = useTranslation()
  const { may } = useSession()
  const queryClient = useQueryClient()
  const again = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/requests/{id}/read', { params: { path: { id: r.id } } })),
    onSuccess: () => told(t('requests.readingAgain')),
    onError: (error) => failed(error, t('failed.unreachable')),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['requests'] }),
  })
  const events = r.events ?? []
  return (
    <div className="stack" style={{ gap: 16 }}>
      <div className="spread">
        <span className="row wrap">
          <Status state={state(r.verdict)} />
          <strong>{r.flow ?? names.get(r.connection_id ?? '') ?? r.connector}</strong>
          <Time at={r.received_at} />
        </span>
        {may('operate') && wasKept(r.verdict) && (
          <Button size="compact-sm" variant="default" loading={again.isPending} disabled={r.verdict === 'received'} onClick={() => again.mutate()} title={t('requests.againHelp')}>
            {t('requests.again')}
          </Button>
        )}
      </div>
      <Copy text={r.id} />
      {r.failure && (
        <Notice tone="failed">
          <strong>{r.failure}</strong>
          <div>{t('requests.failedHelp')}</div>
        </Notice>
      )}
      {!wasKept(r.verdict) && (
        <Notice tone={r.verdict === 'duplicate' ? 'neutral' : 'warning'}>
          <div>{t(`requests.why.${r.verdict}`)}</div>
          {r.remote && <div className="dim">{t('requests.remote', { remote: r.remote })}</div>}
          {!!r.skipped && <div className="dim">{t('requests.skipped', { count: r.skipped })}</div>}
        </Notice>
      )}
      {wasKept(r.verdict) && (
      <section aria-labelledby="came-of-it">
        <h3 className="label" id="came-of-it">
          {t('requests.cameOfIt')}
        </h3>
        {r.verdict === 'received' && <p>{t('requests.notYet')}</p>}
        {r.verdict === 'read' && events.length === 0 && <p>{t('requests.nothingNew')}</p>}
        {events.length > 0 && (
          <ul className="lines card">
            {events.map((e) => (
              <li key={e.id} style={{ flexWrap: 'wrap' }}>
                <span className="mono">{e.type}</span>
                {(e.rejected ?? []).map((flow) => (
                  <Link key={flow} className="dim" to="/runs" search={{ flow }}>
                    {t('requests.rejected', { flow })}
                  </Link>
                ))}
                <Copy text={e.id} />
              </li>
            ))}
            {(r.messages ?? []).map((m) => (
              <li key={m.id}>
                <Status state={m.disposition || m.status} />
                <Link className="grow clamp" to="/contacts/$id" params={{ id: m.contact_id }}>
                  {m.text || m.payload || t('contact.kind', { kind: m.kind })}
                </Link>
                {m.decided_by && <span className="dim">{t(`decided.${m.decided_by}`, { defaultValue: m.decided_by })}</span>}
              </li>
            ))}
            {(r.runs ?? []).map((run) => (
              <li key={run.id}>
                <Status state={run.status} />
                <Link className="grow" to="/runs/$id" params={{ id: run.id }}>
                  {run.flow}
                </Link>
                <Time at={run.created_at} />
              </li>
            ))}
          </ul>
        )}
      </section>
      )}
      {Object.keys(r.query ?? {}).length > 0 && (
        <section>
          <h3 className="label">{t('requests.query')}</h3>
          <Pairs pairs={r.query ?? {}} label={t('requests.query')} />
        </section>
      )}
      <section>
        <h3 className="label">{t('requests.headers')}</h3>
        <Pairs pairs={r.header ?? {}} label={t('requests.headers')} />
        <p className="dim" style={{ margin: '4px 0 0', fontSize: 12 }}>
          {t(wasKept(r.verdict) ? 'requests.redacted' : 'requests.hidden')}
        </p>
      </section>
      <section>
        <h3 className="label">
          {t(wasKept(r.verdict) ? 'requests.body' : 'requests.bodyBegins')} {r.encoding === 'base64' && <span>(base64)</span>}
        </h3>
        <Body request={r} />
      </section>
    </div>
  )
}

/** Body shows JSON in lines, with its numbers as they were written; anything else as it came. */
function Body({ request: r }: { request: Schemas['RequestDetail'] }) {
  const { t } = useTranslation()
  if (!r.body) return <p className="dim">{t(r.size > 0 ? 'requests.bodyNotKept' : 'requests.noBody')}</p>
  return (
    <pre className="json mono" tabIndex={0} aria-label={t('requests.body')}>
      {r.encoding === 'text' ? indented(r.body) : r.body}
    </pre>
  )
}

function Pairs({ pairs, label }: { pairs: Record<string, string[] | null>; label: string }) {
  return (
    <div className="table-box card" tabIndex={0} role="group" aria-label={label} style={{ maxHeight: 240, overflow: 'auto' }}>
      <table className="list">
        <tbody>
          {Object.keys(pairs)
            .sort()
            .map((name) => (
              <tr key={name}>
                <th scope="row" className="mono" style={{ whiteSpace: 'normal', overflowWrap: 'anywhere', verticalAlign: 'top' }}>
                  {name}
                </th>
                <td className="mono" style={{ overflowWrap: 'anywhere' }}>
                  {(pairs[name] ?? []).join(', ')}
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  )
}

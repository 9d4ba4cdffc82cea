import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { every } from '../../app/query'
import { contactRoute } from '../../app/router'
import { Copy, Empty, Loaded, Page } from '../../ui/page'
import { Status } from '../../ui/status'
import { exact, Time } from '../../ui/time'
import { RunTable } from '../runs/runs'
import { Known } from './known'

export function ContactPage() {
  const { id } = contactRoute.useParams()
  const contact = useQuery({ queryKey: ['contacts', id], queryFn: () => ask(client.GET('/api/v1/contacts/{id}', { params: { path: { id } } })) })
  return <Loaded query={contact}>{(c) => <Person contact={c} />}</Loaded>
}

function Person({ contact: c }: { contact: Schemas['Contact'] }) {
  const { t } = useTranslation()
  const messages = useQuery({
    queryKey: ['messages', c.id],
    queryFn: () => ask(client.GET('/api/v1/messages', { params: { query: { contact: c.id, limit: 100 } } })),
    refetchInterval: every,
  })
  const runs = useQuery({
    queryKey: ['runs', { contact: c.id }],
    queryFn: () => ask(client.GET('/api/v1/runs', { params: { query: { contact: c.id, limit: 50 } } })),
    refetchInterval: every,
  })
  return (
    <Page title={c.name || c.phone || c.email || c.id}>
      <div className="stack">
        <div className="card pad">
          <dl className="facts">
            <div>
              <dt className="dim">{t('contact.phone')}</dt>
              <dd>{c.phone ? <Copy text={c.phone} /> : '–'}</dd>
            </div>
            <div>
              <dt className="dim">{t('contact.email')}</dt>
              <dd>{c.email ? <Copy text={c.email} /> : '–'}</dd>
            </div>
            <div>
              <dt className="dim">{t('contacts.since')}</dt>
              <dd>
                <Time at={c.created_at} />
              </dd>
            </div>
            <div>
              <dt className="dim">{t('run.id')}</dt>
              <dd>
                <Copy text={c.id} />
              </dd>
            </div>
          </dl>
        </div>
        <Known contact={c} />
        <h2>{t('contact.messages')}</h2>
        <Loaded query={messages}>
          {({ items }) => (
            <div className="card">
              {(items ?? []).length === 0 ? (
                <Empty>{t('contact.noMessages')}</Empty>
              ) : (
                <div className="phone" style={{ border: 0, padding: 16 }} role="log" aria-label={t('contact.messages')}>
                  {[...(items ?? [])].reverse().map((m) => (
                    <Said key={m.id} message={m} />
                  ))}
                </div>
              )}
            </div>
          )}
        </Loaded>
        <h2>{t('nav.runs')}</h2>
        <Loaded query={runs}>{({ items }) => <div className="card">{(items ?? []).length === 0 ? <Empty>{t('contact.noRuns')}</Empty> : <RunTable runs={items ?? []} />}</div>}</Loaded>
      </div>
    </Page>
  )
}

/** Said is one message with what became of it. */
function Said({ message: m }: { message: Schemas['Message'] }) {
  const { t, i18n } = useTranslation()
  const run = m.run_id ?? m.started_run_id
  return (
    <div className={`bubble ${m.direction === 'out' ? 'out' : 'in'}`}>
      {m.text || m.payload || t('contact.kind', { kind: m.kind })}
      <span className="when">{m.received_at && exact(m.received_at, i18n.language)}</span>
      <span className="row wrap" style={{ marginTop: 2 }}>
        <Status state={m.disposition ?? m.status} />
        {run && (
          <Link to="/runs/$id" params={{ id: run }}>
            {t('contact.toRun')}
          </Link>
        )}
      </span>
      {m.failure && <span style={{ color: 'var(--failed)' }}>{m.failure.message}</span>}
    </div>
  )
}

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ask, client } from '../../api/client'
import { useSession } from '../../app/frame'
import { Loaded, Notice } from '../../ui/page'
import { Status } from '../../ui/status'
import { Alerts } from './alerts'

const tells = (event: string) => event === '*' || event.startsWith('alert.')

/** Notifications shows who is told of what has to be mended, and how. */
export function Notifications() {
  const { t } = useTranslation()
  const { mail } = useSession()
  const users = useQuery({ queryKey: ['users'], queryFn: () => ask(client.GET('/api/v1/users', { params: { query: { limit: 200 } } })) })
  const endpoints = useQuery({ queryKey: ['endpoints'], queryFn: () => ask(client.GET('/api/v1/endpoints', { params: { query: { limit: 200 } } })) })
  return (
    <div className="stack" style={{ gap: 16, maxWidth: '45rem' }}>
      <p className="dim" style={{ margin: 0 }}>
        {t('notifications.help')}
      </p>
      <Alerts />
      <section className="card" aria-labelledby="by-mail">
        <div className="card-head">
          <h2 id="by-mail">{t('notifications.mail')}</h2>
        </div>
        {!mail && <div style={{ padding: '12px 16px 0' }}><Notice tone="warning">{t('notifications.noMail')}</Notice></div>}
        <Loaded query={users}>
          {({ items }) => (
            <ul className="lines">
              {(items ?? [])
                .filter((u) => !u.disabled && (u.role === 'admin' || u.role === 'owner'))
                .map((u) => (
                  <li key={u.id}>
                    <span className="grow">
                      {u.name || u.email} <span className="dim">{u.name && u.email}</span>
                    </span>
                    {u.alerts ? <span className="pill tone-ok">{t('notifications.gets')}</span> : <Status state="off" />}
                  </li>
                ))}
            </ul>
          )}
        </Loaded>
      </section>
      <section className="card" aria-labelledby="by-webhook">
        <div className="card-head">
          <h2 id="by-webhook">{t('notifications.webhooks')}</h2>
          <Link to="/webhooks">{t('nav.webhooks')}</Link>
        </div>
        <Loaded query={endpoints}>
          {({ items }) => {
            const some = (items ?? []).filter((e) => (e.events ?? []).some(tells))
            if (some.length === 0) return <div className="pad dim">{t('notifications.noWebhook')}</div>
            return (
              <ul className="lines">
                {some.map((e) => (
                  <li key={e.id}>
                    <span className="grow">
                      <span className="mono">{e.url}</span> <span className="dim">{e.description}</span>
                    </span>
                    <Status state={e.state === 'disabled' ? 'disabled' : e.failing_since ? 'failing' : 'live'} />
                  </li>
                ))}
              </ul>
            )
          }}
        </Loaded>
      </section>
    </div>
  )
}

import { IconCircleCheck, IconExclamationCircle, IconPlugX, IconPuzzle, IconWebhook } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, type LinkProps } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ask, client } from '../../api/client'
import { connectionList, connectorList } from '../../app/ahead'
import { every } from '../../app/query'
import { Failed } from '../../ui/page'
import { Time } from '../../ui/time'

interface Trouble {
  key: string
  icon: typeof IconPlugX
  what: string
  why?: string
  since?: string
  to?: LinkProps['to']
  params?: LinkProps['params']
  act?: string
}

/** Attention lists what somebody has to mend, or says in one line that there is nothing. */
export function Attention() {
  const { t } = useTranslation()
  const often = { refetchInterval: 2 * every }
  const connections = useQuery({ ...connectionList, ...often })
  const endpoints = useQuery({ queryKey: ['endpoints'], queryFn: () => ask(client.GET('/api/v1/endpoints', { params: { query: { limit: 200 } } })), ...often })
  const connectors = useQuery({ ...connectorList, ...often })
  const day = useQuery({ queryKey: ['stats', 'day', 'attention'], queryFn: () => ask(client.GET('/api/v1/stats', { params: { query: { period: 'day' } } })), ...often })
  const failed = [connections, endpoints, connectors, day].find((q) => q.isError)
  if (failed) return <Failed error={failed.error} retry={() => void failed.refetch()} />
  if (!connections.data || !endpoints.data || !connectors.data || !day.data) return null
  const hourAgo = new Date(day.data.until).getTime() - 3_600_000
  const troubles: Trouble[] = [
    ...(day.data.degraded ? [{ key: 'queue', icon: IconExclamationCircle, what: t('attention.degraded'), why: t('attention.degradedHelp') }] : []),
    ...(day.data.failing ?? [])
      .filter((f) => new Date(f.at).getTime() > hourAgo)
      .map((f) => ({ key: f.flow, icon: IconExclamationCircle, what: t('attention.flow', { name: f.flow_title || f.flow }), why: f.failure?.message, since: f.at, to: '/runs/$id' as const, params: { id: f.run_id }, act: t('attention.look') })),
    ...(connections.data.items ?? [])
      .filter((c) => c.health === 'bad' || c.health === 'needs_reconnect')
      .map((c) => ({ key: c.id, icon: IconPlugX, what: t('attention.connection', { name: c.name }), why: c.failure?.message, since: c.checked_at, to: '/connections' as const, act: t('attention.reconnect') })),
    ...(connectors.data.items ?? [])
      .filter((c) => ['quarantined', 'refused', 'backing_off'].includes(c.health))
      .map((c) => ({ key: c.name, icon: IconPuzzle, what: t('attention.connector', { name: c.title }), why: t(`attention.${c.health as 'quarantined' | 'refused' | 'backing_off'}`), to: '/connectors' as const, act: t('attention.look') })),
    ...(endpoints.data.items ?? [])
      .filter((e) => e.state === 'disabled' || e.failing_since)
      .map((e) => ({
        key: e.id,
        icon: IconWebhook,
        what: t(e.state === 'disabled' ? 'attention.endpointOff' : 'attention.endpoint', { url: e.description || e.url }),
        why: e.reason,
        since: e.failing_since,
        to: '/webhooks' as const,
        act: t('attention.look'),
      })),
  ]
  if (troubles.length === 0)
    return (
      <p className="row all-well">
        <IconCircleCheck size={18} color="var(--ok)" aria-hidden /> {t('attention.nothing')}
      </p>
    )
  return (
    <section className="card attention" aria-labelledby="attention">
      <div className="card-head">
        <h2 id="attention">{t('attention.title', { count: troubles.length })}</h2>
      </div>
      <ul className="lines">
        {troubles.map(({ icon: Icon, ...trouble }) => (
          <li key={trouble.key}>
            <Icon size={20} stroke={1.75} color="var(--failed)" aria-hidden />
            <div className="grow">
              <div className="clamp">{trouble.what}</div>
              <div className="dim clamp">{trouble.why}</div>
            </div>
            {trouble.since && (
              <span className="dim">
                <Time at={trouble.since} />
              </span>
            )}
            {trouble.to && (
              <Link to={trouble.to} params={trouble.params} aria-label={`${trouble.act}: ${trouble.what}`}>
                {trouble.act}
              </Link>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { every } from '../../app/query'
import { Copy, Fact, Loaded, Notice } from '../../ui/page'
import { Status } from '../../ui/status'
import { Table } from '../../ui/table'
import { Time } from '../../ui/time'

/** systemState is how the installation stands, for the tabs that show parts of it. */
export const systemState = { queryKey: ['system'], queryFn: () => ask(client.GET('/api/v1/system')) }

/** System shows what the gateway runs on and what waits to be done. */
export function System() {
  const system = useQuery({ ...systemState, refetchInterval: 2 * every })
  return <Loaded query={system}>{(s) => <Standing system={s} />}</Loaded>
}

function Standing({ system: s }: { system: Schemas['System'] }) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
  const bytes = new Intl.NumberFormat(i18n.language, { style: 'unit', unit: 'megabyte', maximumFractionDigits: 1 })
  const waiting = ['open_waits', 'waiting_runs', 'unread_requests', 'pending_deliveries', 'overdue'] as const
  return (
    <div className="stack" style={{ gap: 16 }}>
      {!s.queue.healthy && <Notice tone="warning">{t('system.degraded')}</Notice>}
      <section className="card pad stack" aria-labelledby="system-facts">
        <h2 id="system-facts">{t('system.gateway')}</h2>
        <dl className="facts">
          <Fact name={t('system.version')}>{s.version}</Fact>
          <Fact name={t('system.database')}>{`${t(`system.kind.${s.database.kind}`)} ${s.database.version}`}</Fact>
          <Fact name={t('system.size')}>{bytes.format(s.database.size_bytes / 1e6)}</Fact>
          <Fact name={t('system.schema')}>{s.database.schema}</Fact>
          <Fact name={t('system.queue')}>
            <span className="row wrap">
              {t(`system.kind.${s.queue.kind}`)} <Status state={s.queue.healthy ? 'good' : 'failing'} />
            </span>
          </Fact>
        </dl>
      </section>
      <section className="card pad stack" aria-labelledby="system-backlog">
        <div>
          <h2 id="system-backlog">{t('system.backlog')}</h2>
          <span className="dim">{t('system.backlogHelp')}</span>
        </div>
        <dl className="facts">
          {waiting.map((k) => (
            <Fact key={k} name={t(`system.${k}`)}>
              <strong>{number.format(s.backlog[k])}</strong>
            </Fact>
          ))}
        </dl>
      </section>
      <section className="card" aria-labelledby="system-nodes">
        <div className="card-head">
          <h2 id="system-nodes">{t('system.nodes')}</h2>
        </div>
        <Table
          rows={s.nodes ?? []} id={(n) => n.id}
          columns={[
            { head: t('run.id'), cell: (n) => <Copy text={n.id} label={`…${n.id.slice(-7)}`} /> },
            { head: t('system.since'), cell: (n) => <Time at={n.started_at} /> },
            { head: t('system.seen'), cell: (n) => <Time at={n.seen_at} /> },
            { className: 'end', cell: (n) => n.current && <span className="pill tone-running">{t('system.current')}</span> },
          ]}
        />
      </section>
      <section className="card pad stack" aria-labelledby="system-addresses">
        <h2 id="system-addresses">{t('system.addresses')}</h2>
        <dl className="facts wide">
          <Fact name={t('system.console')}>
            <Copy text={s.address.console} />
          </Fact>
          <Fact name={t('system.hooks')}>
            <Copy text={s.address.hooks} />
          </Fact>
          <Fact name={t('system.allowed')}>{s.address.allowed?.length ? <span className="mono">{s.address.allowed.join(', ')}</span> : t('system.noneAllowed')}</Fact>
        </dl>
        <p className="dim" style={{ margin: 0 }}>
          {t('system.backups')}
        </p>
      </section>
    </div>
  )
}

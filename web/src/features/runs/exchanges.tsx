import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'

/** Exchanges lists what a call and a provider said to each other, a line each. */
export function Exchanges({ exchanges }: { exchanges: Schemas['Exchange'][] }) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
  return exchanges.map((x, i) => (
    <div key={i} className="mono dim" style={{ fontSize: 12, overflowWrap: 'anywhere' }}>
      {x.method} {x.host}
      {x.path} → {x.status ?? t('run.noAnswer')}, {t('run.ms', { ms: number.format(Math.round(x.duration_ms)) })}, {t('run.bytes', { sent: number.format(x.sent_bytes), received: number.format(x.received_bytes) })}
      {x.error && ` – ${x.error}`}
    </div>
  ))
}

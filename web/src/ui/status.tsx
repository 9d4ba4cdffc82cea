import {
  IconAlertTriangle, IconArchive, IconBan, IconCircleCheck, IconCircleDashed, IconClockHour4, IconHelpCircle, IconLoader2, IconPlayerPause, IconRotateClockwise, IconX,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

export type Tone = 'ok' | 'running' | 'waiting' | 'warning' | 'failed' | 'neutral'

/** What each state that the gateway names looks like. Colour is never the only sign: there is an icon and a word. */
export const looks: Record<string, [Tone, typeof IconX]> = {
  succeeded: ['ok', IconCircleCheck],
  good: ['ok', IconCircleCheck],
  ready: ['ok', IconCircleCheck],
  active: ['running', IconLoader2],
  replied: ['ok', IconCircleCheck],
  delivered: ['ok', IconCircleCheck],
  read: ['ok', IconCircleCheck],
  sent: ['ok', IconCircleCheck],
  matched: ['ok', IconCircleCheck],
  taken: ['ok', IconCircleCheck],
  live: ['ok', IconCircleCheck],
  queued: ['running', IconCircleDashed],
  running: ['running', IconLoader2],
  starting: ['running', IconLoader2],
  sending: ['running', IconLoader2],
  started: ['running', IconLoader2],
  waiting: ['waiting', IconClockHour4],
  pending: ['waiting', IconClockHour4],
  received: ['running', IconCircleDashed],
  failing: ['failed', IconAlertTriangle],
  duplicate: ['neutral', IconCircleDashed],
  no_match: ['neutral', IconCircleDashed],
  unknown: ['neutral', IconHelpCircle],
  subscribed: ['ok', IconCircleCheck],
  unsubscribed: ['warning', IconBan],
  blocked: ['failed', IconBan],
  not_declared: ['neutral', IconCircleDashed],
  open: ['waiting', IconClockHour4],
  collecting: ['waiting', IconClockHour4],
  invited: ['waiting', IconClockHour4],
  backing_off: ['warning', IconRotateClockwise],
  invalid: ['warning', IconAlertTriangle],
  late: ['warning', IconClockHour4],
  no_response: ['warning', IconClockHour4],
  draft: ['neutral', IconCircleDashed],
  archived: ['neutral', IconArchive],
  failed: ['failed', IconX],
  unreadable: ['failed', IconX],
  opted_out: ['warning', IconBan],
  bad: ['failed', IconX],
  undelivered: ['failed', IconX],
  needs_reconnect: ['failed', IconAlertTriangle],
  unconnected: ['warning', IconCircleDashed],
  quarantined: ['failed', IconAlertTriangle],
  refused: ['failed', IconBan],
  bad_signature: ['failed', IconBan],
  too_old: ['warning', IconClockHour4],
  bad_handshake: ['failed', IconBan],
  too_large: ['failed', IconBan],
  bad_encoding: ['failed', IconBan],
  malformed: ['failed', IconBan],
  overloaded: ['warning', IconAlertTriangle],
  cancelled: ['neutral', IconBan],
  disabled: ['neutral', IconPlayerPause],
  off: ['neutral', IconPlayerPause],
  revoked: ['neutral', IconBan],
  idle: ['neutral', IconPlayerPause],
  stopped: ['neutral', IconPlayerPause],
}

export function tone(state: string): Tone {
  return looks[state]?.[0] ?? 'neutral'
}

/** Sign is a state's icon where there is no room for its word, which is read out. */
export function Sign({ state }: { state: string }) {
  const { t } = useTranslation()
  const [color, Icon] = looks[state] ?? ['neutral', IconHelpCircle]
  return (
    <span className="row" style={{ color: `var(--${color})` }}>
      <Icon size={16} stroke={1.75} aria-hidden />
      <span className="visually-hidden">{t(`state.${state}`, { defaultValue: state })}</span>
    </span>
  )
}

export function Status({ state }: { state: string }) {
  const { t } = useTranslation()
  const [color, Icon] = looks[state] ?? ['neutral', IconHelpCircle]
  return (
    <span className={`status tone-${color}`}>
      <Icon size={14} stroke={1.75} aria-hidden />
      {t(`state.${state}`, { defaultValue: state })}
    </span>
  )
}

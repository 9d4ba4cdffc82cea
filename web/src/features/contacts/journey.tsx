import { Button, SegmentedControl } from '@mantine/core'
import { IconArrowDownLeft, IconArrowUpRight, IconClockHour4, IconRoute } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { every } from '../../app/query'
import { contactRoute } from '../../app/router'
import { Empty, Loaded } from '../../ui/page'
import { Status } from '../../ui/status'
import { Countdown, duration, exact } from '../../ui/time'
import { useFlowName } from '../../ui/flow-name'
import { Where } from '../runs/runs'
import './journey.css'

type Entry = Schemas['JourneyEntry']
const kinds = ['message', 'run', 'wait'] as const

/** Journey tells all that happened between a contact and the gateway, newest first. */
export function Journey({ contact }: { contact: string }) {
  const { t, i18n } = useTranslation()
  const { only } = contactRoute.useSearch()
  const kind = kinds.find((k) => k === only)
  const navigate = useNavigate({ from: '/contacts/$id' })
  const journey = useInfiniteQuery({
    queryKey: ['journey', contact],
    queryFn: ({ pageParam }) => ask(client.GET('/api/v1/contacts/{id}/journey', { params: { path: { id: contact }, query: { limit: 100, after: pageParam || undefined } } })),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    refetchInterval: every,
  })
  const entries = (journey.data?.pages.flatMap((p) => p.items ?? []) ?? []).filter((e) => !kind || e.kind === kind)
  const day = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'full' })
  return (
    <section className="card" aria-labelledby="journey">
      <div className="card-head" style={{ flexWrap: 'wrap' }}>
        <h2 id="journey">{t('journey.title')}</h2>
        <SegmentedControl
          size="xs"
          aria-label={t('journey.show')}
          value={kind ?? 'all'}
          onChange={(k) => void navigate({ search: { only: k === 'all' ? undefined : k }, replace: true })}
          data={(['all', ...kinds] as const).map((k) => ({ value: k, label: t(`journey.${k}`) }))}
        />
      </div>
      <Loaded query={journey as never}>
        {() =>
          entries.length === 0 ? (
            <Empty>{t('journey.empty')}</Empty>
          ) : (
            <ol className="journey">
              {entries.map((e, i) => {
                const on = day.format(new Date(e.at))
                return (
                  <li key={idOf(e)}>
                    {(i === 0 || on !== day.format(new Date(entries[i - 1].at))) && <div className="day">{on}</div>}
                    <What entry={e} />
                  </li>
                )
              })}
            </ol>
          )
        }
      </Loaded>
      {journey.hasNextPage && (
        <div className="empty" style={{ padding: 12 }}>
          <Button variant="default" onClick={() => void journey.fetchNextPage()} loading={journey.isFetchingNextPage}>
            {t('do.more')}
          </Button>
        </div>
      )}
    </section>
  )
}

const idOf = (e: Entry) => e.message?.id ?? e.run?.id ?? e.wait?.id

function What({ entry: e }: { entry: Entry }) {
  if (e.message) return <Said message={e.message} at={e.at} />
  if (e.run) return <Ran run={e.run} />
  return e.wait ? <Asked wait={e.wait} /> : null
}

function At({ at }: { at: string }) {
  const { i18n } = useTranslation()
  return (
    <time className="mono" dateTime={at} title={exact(at, i18n.language)}>
      {new Intl.DateTimeFormat(i18n.language, { timeStyle: 'medium' }).format(new Date(at))}
    </time>
  )
}

/** Said is a message with what became of it and why. */
function Said({ message: m, at }: { message: Schemas['Message']; at: string }) {
  const { t, i18n } = useTranslation()
  const run = m.run_id ?? m.started_run_id
  const incoming = m.direction === 'in'
  const Icon = incoming ? IconArrowDownLeft : IconArrowUpRight
  return (
    <div className={`what ${m.direction}`}>
      <span className={`dot ${m.direction}`}>
        <Icon size={16} stroke={1.75} aria-hidden />
      </span>
      <div>
        <div className="line">
          <strong>{t(incoming ? 'journey.wrote' : 'journey.sent')}</strong>
          <At at={at} />
          <Status state={m.disposition || m.status} />
          {run && (
            <Link to="/runs/$id" params={{ id: run }}>
              {m.step ? <span className="mono">{m.step}</span> : t('contact.toRun')}
            </Link>
          )}
        </div>
        <div className="words">{m.text || m.payload || t('contact.kind', { kind: m.kind })}</div>
        {m.decided_by && <div className="dim">{t(`decided.${m.decided_by}`, { defaultValue: m.decided_by })}</div>}
        {incoming && m.received_at && m.effective_at && Date.parse(m.received_at) - Date.parse(m.effective_at) > 5_000 && (
          <div className="dim">{t('journey.delayed', { span: duration((Date.parse(m.received_at) - Date.parse(m.effective_at)) / 1000, i18n.language) })}</div>
        )}
        {(m.duplicates ?? 0) > 0 && <div className="dim">{t('journey.copies', { count: m.duplicates })}</div>}
        {m.failure && <div style={{ color: 'var(--failed)' }}>{m.failure.message}</div>}
      </div>
    </div>
  )
}

function Ran({ run: r }: { run: Schemas['Run'] }) {
  const { t, i18n } = useTranslation()
  const nameOf = useFlowName()
  return (
    <div className="what">
      <span className="dot">
        <IconRoute size={16} stroke={1.75} aria-hidden />
      </span>
      <div>
        <div className="line">
          <strong>
            <Link to="/runs/$id" params={{ id: r.id }}>
              {nameOf(r.flow)}
            </Link>
          </strong>
          <span className="dim">{t('journey.began')}</span>
          <At at={r.created_at} />
          <Status state={r.status} />
          {r.ended_at && <span className="dim">{duration((Date.parse(r.ended_at) - Date.parse(r.created_at)) / 1000, i18n.language)}</span>}
        </div>
        {r.status !== 'succeeded' && (
          <div>
            <Where run={r} />
          </div>
        )}
      </div>
    </div>
  )
}

function Asked({ wait: w }: { wait: Schemas['Wait'] }) {
  const { t, i18n } = useTranslation()
  const began = w.clock_at ?? w.sent_at ?? w.opened_at
  return (
    <div className="what">
      <span className="dot wait">
        <IconClockHour4 size={16} stroke={1.75} aria-hidden />
      </span>
      <div>
        <div className="line">
          <strong>{t('journey.question')}</strong>
          <Link className="mono" to="/runs/$id" params={{ id: w.run_id }}>
            {w.step}
          </Link>
          <At at={w.opened_at} />
          <Status state={w.state} />
          {w.closed_at ? (
            <span className="dim">
              {t('journey.after', { span: duration((Date.parse(w.closed_at) - Date.parse(began)) / 1000, i18n.language) })}
              {w.claimed_by && `, ${t(`claimedBy.${w.claimed_by}`, { defaultValue: w.claimed_by })}`}
            </span>
          ) : (
            <Countdown until={w.deadline} />
          )}
        </div>
        {!w.closed_at && <div className="dim">{t('journey.deadline', { at: exact(w.deadline, i18n.language) })}</div>}
        {w.late_id && <div className="dim">{t('journey.lateCame')}</div>}
      </div>
    </div>
  )
}

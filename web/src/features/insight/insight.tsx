import { SegmentedControl, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client } from '../../api/client'
import { flowList } from '../../app/ahead'
import { every } from '../../app/query'
import { insightRoute } from '../../app/router'
import { FlowLink, rentedWaits, useFlowName } from '../../ui/flow-name'
import { Empty, Loaded, Notice, Page } from '../../ui/page'
import { duration } from '../../ui/time'
import { Curve } from './curve'
import { limitsToTry, share, withLimit, type Question } from './question'
import './insight.css'

const reaches = ['7', '30', '90'] as const

/** Insight shows how people answer each question, and what another limit would have changed. */
export function Insight() {
  const { t } = useTranslation()
  const { flow, days: wanted } = insightRoute.useSearch()
  const days = reaches.find((d) => d === wanted) ?? '30'
  const navigate = useNavigate({ from: '/insight' })
  const search = (change: { flow?: string; days?: string }) => void navigate({ search: (s) => ({ ...s, ...change }), replace: true })
  const flows = useQuery(flowList)
  const questions = useQuery({
    queryKey: ['questions', { flow, days: Number(days) }],
    queryFn: () => ask(client.GET('/api/v1/questions', { params: { query: { flow, days: Number(days) } } })),
    refetchInterval: 20 * every,
  })
  return (
    <Page
      title={t('insight.title')}
      actions={
        <>
          <Select aria-label={t('runs.flow')} placeholder={t('runs.anyFlow')} clearable searchable value={flow ?? null} onChange={(v) => search({ flow: v ?? undefined })} data={[...(flows.data?.items ?? []).map((f) => ({ value: f.name, label: f.title || f.name })), { value: rentedWaits, label: t('run.rented') }]} w={260} />
          <SegmentedControl aria-label={t('dashboard.period')} value={days} onChange={(d) => search({ days: d === '30' ? undefined : d })} data={reaches.map((d) => ({ value: d, label: t('insight.days', { count: Number(d) }) }))} />
        </>
      }
    >
      <Loaded query={questions}>
        {({ items, complete, waits }) => (
          <div className="stack" style={{ gap: 16 }}>
            {!complete && <Notice tone="warning">{t('insight.incomplete', { n: waits })}</Notice>}
            {(items ?? []).length === 0 ? (
              <div className="card">
                <Empty action={<Link to="/flows">{t('nav.flows')}</Link>}>{t('insight.empty')}</Empty>
              </div>
            ) : (
              (items ?? []).map((q) => <Asked key={`${q.flow} ${q.step}`} question={q} />)
            )}
          </div>
        )}
      </Loaded>
    </Page>
  )
}

function Asked({ question: q }: { question: Question }) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
  const span = (s: number | undefined) => (s === undefined ? '–' : duration(s, i18n.language))
  const limits = limitsToTry(q)
  const now = q.limit_seconds ?? limits[0]
  const [tried, setTried] = useState<number>()
  const limit = tried ?? now
  const facts: [string, string][] = [
    [t('insight.rate'), share(q.waits.replied, q.decided, i18n.language)],
    [t('insight.asked'), number.format(q.asked)],
    [t('state.replied'), number.format(q.waits.replied)],
    [t('state.no_response'), number.format(q.waits.no_response + q.waits.invalid)],
    [t('insight.late'), number.format(q.late)],
    [t('state.undelivered'), number.format(q.waits.undelivered)],
    [t('state.open'), number.format(q.waits.open)],
    [t('insight.half'), span(q.half_seconds)],
    [t('insight.most'), span(q.most_seconds)],
  ]
  const name = `${useFlowName()(q.flow, q.flow_title)}, ${q.step}`
  return (
    <section className="card question" aria-label={name}>
      <div className="question-head spread">
        <h2>
          <FlowLink name={q.flow} title={q.flow_title} />{' '}
          <span className="mono dim">{q.step}</span>
        </h2>
        <Link to="/runs" search={{ flow: q.flow }}>
          {t('insight.runs')}
        </Link>
      </div>
      <dl className="facts">
        {facts.map(([term, value]) => (
          <div key={term}>
            <dt className="dim">{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div className="question-parts">
        <Curve question={q} tried={limit} />
        <div className="try">
          <h3 className="label" style={{ margin: 0 }}>
            {t('insight.tryLimit')}
          </h3>
          <input
            type="range"
            min={0}
            max={limits.length - 1}
            value={Math.max(0, limits.indexOf(limit))}
            onChange={(e) => setTried(limits[Number(e.currentTarget.value)])}
            aria-label={t('insight.limitOf', { name })}
            aria-valuetext={span(limit)}
          />
          <div className="spread dim ends" aria-hidden>
            <span>{span(limits[0])}</span>
            <span>{span(limits[limits.length - 1])}</span>
          </div>
          <Tried question={q} limit={limit} now={now} />
        </div>
      </div>
    </section>
  )
}

function Tried({ question: q, limit, now }: { question: Question; limit: number; now: number }) {
  const { t, i18n } = useTranslation()
  const would = withLimit(q, limit)
  const span = (s: number) => duration(s, i18n.language)
  if (q.decided === 0) return <p className="dim">{t('insight.noneDecided')}</p>
  return (
    <output>
      <span className="dim">{limit === now ? t('insight.asItIs', { limit: span(limit) }) : t('insight.with', { limit: span(limit), now: span(now) })}</span>
      <strong>{t('insight.wouldAnswer', { share: share(would.replies, would.of, i18n.language), n: would.replies, of: would.of })}</strong>
      {limit !== now && (
        <>
          <span>{would.more === 0 ? t('insight.same') : would.more > 0 ? t('insight.moreAnswers', { count: would.more }) : t('insight.fewerAnswers', { count: -would.more })}</span>
          <span className="dim">{limit > now ? t('insight.longer', { span: span(limit - now) }) : t('insight.sooner', { span: span(now - limit) })}</span>
          {limit > now && <span className="dim">{t('insight.atLeast')}</span>}
        </>
      )}
    </output>
  )
}

import { Button, SegmentedControl, TextInput } from '@mantine/core'
import { IconArrowDownRight, IconArrowUpRight, IconCircleCheck, IconCircleDashed } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { connectionList, flowList, moved, periods, statsOf, stretchOf, type Stretch } from '../../app/ahead'
import { useSession } from '../../app/frame'
import { every } from '../../app/query'
import { dashboardRoute } from '../../app/router'
import { Bars, Lines, Spark } from '../../ui/charts'
import { Empty, Loaded, Notice, Page } from '../../ui/page'
import { change } from '../../ui/scale'
import { Countdown, Time } from '../../ui/time'
import { useFlowName } from '../../ui/flow-name'
import { share } from '../insight/question'
import { QuestionTable } from '../insight/table'
import { Attention } from './attention'
import './dashboard.css'

type Stats = Schemas['Stats']

/** Dashboard says first whether anything is wrong, and then what goes on. */
export function Dashboard() {
  const { t } = useTranslation()
  const stretch = stretchOf(dashboardRoute.useSearch())
  const stats = useQuery(statsOf(stretch))
  return (
    <Page title={t('nav.dashboard')} actions={<Choice of={stretch} />}>
      <Loaded query={stats} rows={12}>
        {(s) => <Figures stats={s} />}
      </Loaded>
    </Page>
  )
}

/** day is a day as a field of the browser holds it, some days from today. */
function day(days: number): string {
  const at = new Date()
  at.setDate(at.getDate() + days)
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((n) => String(n).padStart(2, '0')).join('-')
}

/** Choice is of which time the figures are. */
function Choice({ of }: { of: Stretch }) {
  const { t } = useTranslation()
  const navigate = useNavigate({ from: '/' })
  const show = (search: Stretch) => void navigate({ search, replace: true })
  const today = day(0)
  const days = of.since && of.until ? { since: of.since, until: of.until } : undefined
  return (
    <div className="row wrap">
      {days && (
        <>
          <TextInput type="date" aria-label={t('dashboard.from')} value={days.since} max={today} onChange={(e) => e.target.value && show(moved(days, { since: e.target.value }))} />
          <span aria-hidden>–</span>
          <TextInput type="date" aria-label={t('dashboard.to')} value={days.until} max={today} onChange={(e) => e.target.value && show(moved(days, { until: e.target.value }))} />
        </>
      )}
      <SegmentedControl
        className="period"
        aria-label={t('dashboard.period')}
        value={of.period ?? 'custom'}
        onChange={(p) => show(p === 'custom' ? { since: day(-13), until: today } : { period: p === 'week' ? undefined : (p as Stretch['period']) })}
        data={[...periods, 'custom' as const].map((p) => ({ value: p, label: t(`dashboard.${p}`) }))}
      />
    </div>
  )
}

function Figures({ stats }: { stats: Stats }) {
  const { t, i18n } = useTranslation()
  const parts = stats.parts ?? []
  const each = (count: (p: Schemas['Tally']) => number) => parts.map(count)
  const sum = (count: (p: Schemas['Tally']) => number) => each(count).reduce((a, b) => a + b, 0)
  const begun = (p: Schemas['Tally']) => Object.values(p.runs).reduce((a, b) => a + b, 0)
  const runs = sum(begun)
  const succeeded = sum((p) => p.runs.succeeded)
  const ended = succeeded + sum((p) => p.runs.failed)
  const replied = sum((p) => p.waits.replied)
  const decided = replied + sum((p) => p.waits.no_response + p.waits.invalid)
  const before = stats.before
  const endedBefore = before.runs.succeeded + before.runs.failed
  const decidedBefore = before.waits.replied + before.waits.no_response + before.waits.invalid
  const hours = (Date.parse(parts[0]!.until) - Date.parse(parts[0]!.from)) / 3_600_000
  const daily = hours > 1
  const long = new Intl.DateTimeFormat(i18n.language, daily ? { weekday: 'short', day: 'numeric', month: 'long' } : { weekday: 'short', hour: '2-digit', minute: '2-digit' })
  const brief = new Intl.DateTimeFormat(i18n.language, daily ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit' })
  const labels = parts.map((p) => long.format(new Date(p.from)))
  const short = parts.map((p) => brief.format(new Date(p.from)))
  const column = t(daily ? 'dashboard.dayColumn' : hours < 1 ? 'dashboard.timeColumn' : 'dashboard.hourColumn')
  const number = new Intl.NumberFormat(i18n.language)
  return (
    <div className="stack dashboard">
      <FirstSteps />
      <Attention />
      <div className="figures">
        <Figure name={t('dashboard.begun')} value={number.format(runs)} change={change(runs, begun(before))} spark={each(begun)} />
        <Figure name={t('dashboard.succeeded')} value={share(succeeded, ended, i18n.language)} points={points(succeeded, ended, before.runs.succeeded, endedBefore)} note={t('dashboard.ofEnded', { n: number.format(ended) })} />
        <Figure name={t('dashboard.replies')} value={share(replied, decided, i18n.language)} points={points(replied, decided, before.waits.replied, decidedBefore)} note={t('dashboard.ofAsked', { n: number.format(decided) })} to={<Link to="/insight" aria-label={t('dashboard.howTheyAnswer')}>{t('dashboard.show')}</Link>} />
        <Figure
          name={t('dashboard.now')}
          value={number.format(stats.now.runs.waiting)}
          note={t('dashboard.nowRunning', { running: number.format(stats.now.runs.running + stats.now.runs.queued), count: stats.now.open })}
          to={
            <Link to="/runs" search={{ status: 'waiting' }} aria-label={t('palette.waitingRuns')}>
              {t('dashboard.show')}
            </Link>
          }
        />
      </div>
      <div className="halves">
        <Bars
          title={t('dashboard.runs')}
          column={column}
          labels={labels}
          short={short}
          series={[
            { name: t('state.succeeded'), color: 'chart-ok', values: each((p) => p.runs.succeeded) },
            { name: t('dashboard.ongoing'), color: 'chart-waiting', values: each((p) => p.runs.waiting + p.runs.running + p.runs.queued) },
            { name: t('state.failed'), color: 'chart-failed', values: each((p) => p.runs.failed) },
            { name: t('state.cancelled'), color: 'chart-neutral', values: each((p) => p.runs.cancelled) },
          ]}
        />
        <Lines
          title={t('dashboard.took')}
          column={column}
          labels={labels}
          short={short}
          series={[
            { name: t('dashboard.tookHalf'), color: 'accent', values: parts.map((p) => p.took?.half_seconds) },
            { name: t('dashboard.tookMost'), color: 'chart-warning', values: parts.map((p) => p.took?.most_seconds) },
          ]}
        />
      </div>
      <div className="halves">
        <Bars
          title={t('dashboard.answers')}
          column={column}
          labels={labels}
          short={short}
          series={[
            { name: t('state.replied'), color: 'accent', values: each((p) => p.waits.replied) },
            { name: t('state.no_response'), color: 'chart-warning', values: each((p) => p.waits.no_response + p.waits.invalid) },
            { name: t('state.undelivered'), color: 'chart-failed', values: each((p) => p.waits.undelivered) },
            { name: t('state.open'), color: 'chart-neutral', values: each((p) => p.waits.open) },
          ]}
        />
        <Due waits={stats.now.due ?? []} open={stats.now.open} />
      </div>
      <Failing flows={stats.failing ?? []} />
      <Answers />
    </div>
  )
}

/** points is how many points of a share were gained; undefined where there is nothing to compare with. */
function points(part: number, all: number, partBefore: number, allBefore: number): number | undefined {
  return all > 0 && allBefore > 0 ? 100 * (part / all - partBefore / allBefore) : undefined
}

function Figure({ name, value, note, change: changed, points: gained, spark, to }: { name: string; value: string; note?: string; change?: number; points?: number; spark?: number[]; to?: ReactNode }) {
  const { t, i18n } = useTranslation()
  const by = changed ?? gained
  const text =
    changed !== undefined
      ? new Intl.NumberFormat(i18n.language, { style: 'percent', signDisplay: 'exceptZero', maximumFractionDigits: 0 }).format(changed)
      : gained !== undefined
        ? t('dashboard.points', { n: new Intl.NumberFormat(i18n.language, { signDisplay: 'exceptZero', maximumFractionDigits: 1 }).format(gained) })
        : undefined
  const Arrow = (by ?? 0) < 0 ? IconArrowDownRight : IconArrowUpRight
  return (
    <section className="card figure" aria-label={name}>
      <div className="spread">
        <span className="dim">{name}</span>
        {to}
      </div>
      <div className="spread figure-value">
        <strong>{value}</strong>
        {spark?.some((n) => n > 0) && <Spark values={spark} />}
      </div>
      <div className="dim row wrap figure-note">
        {text && (
          <span className="row change" title={t('dashboard.before')}>
            {by !== 0 && <Arrow size={14} aria-hidden />}
            {text}
            <span className="visually-hidden">{t('dashboard.before')}</span>
          </span>
        )}
        {note && <span>{note}</span>}
      </div>
    </section>
  )
}

function Failing({ flows }: { flows: Schemas['FailingFlow'][] }) {
  const { t } = useTranslation()
  const nameOf = useFlowName()
  return (
    <section className="card" aria-labelledby="failing">
      <div className="card-head">
        <h2 id="failing">{t('dashboard.failing')}</h2>
        {flows.length > 0 && (
          <Link to="/runs" search={{ status: 'failed' }}>
            {t('dashboard.all')}
          </Link>
        )}
      </div>
      {flows.length === 0 ? (
        <Empty>{t('dashboard.nothingFailed')}</Empty>
      ) : (
        <ul className="lines">
          {flows.map((f) => (
            <li key={f.flow}>
              <span className="count tone-failed" title={t('dashboard.failures', { count: f.failures })}>
                {f.failures}
                <span className="visually-hidden"> {t('dashboard.failures', { count: f.failures })}</span>
              </span>
              <div className="grow">
                <Link to="/runs" search={{ flow: f.flow, status: 'failed' }}>
                  {nameOf(f.flow, f.flow_title)}
                </Link>
                <div className="dim clamp">
                  {f.step && <span className="mono">{f.step}: </span>}
                  {f.failure?.message}
                </div>
              </div>
              <div className="end dim">
                <Time at={f.at} />
                <div>
                  <Link to="/runs/$id" params={{ id: f.run_id }} aria-label={t('dashboard.lastOf', { flow: nameOf(f.flow, f.flow_title) })}>
                    {t('dashboard.last')}
                  </Link>
                </div>
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function Due({ waits, open }: { waits: Schemas['DueWait'][]; open: number }) {
  const { t } = useTranslation()
  const nameOf = useFlowName()
  return (
    <section className="card" aria-labelledby="due">
      <div className="card-head">
        <h2 id="due">{t('dashboard.due')}</h2>
        {open > 0 && (
          <Link to="/runs" search={{ status: 'waiting' }}>
            {t('dashboard.all')}
          </Link>
        )}
      </div>
      {waits.length === 0 ? (
        <Empty>{t('dashboard.nothingOpen')}</Empty>
      ) : (
        <ul className="lines">
          {waits.map((w) => (
            <li key={w.id}>
              <div className="grow">
                <Link to="/runs/$id" params={{ id: w.run_id }}>
                  {w.contact.name || w.contact.phone || w.contact.email || w.contact.id}
                </Link>
                <div className="dim clamp">
                  {nameOf(w.flow, w.flow_title)} · <span className="mono">{w.step}</span>
                </div>
              </div>
              <div className="end">
                <Countdown until={w.deadline} />
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function Answers() {
  const { t } = useTranslation()
  const questions = useQuery({ queryKey: ['questions', { days: 30 }], queryFn: () => ask(client.GET('/api/v1/questions', { params: { query: { days: 30 } } })), refetchInterval: 20 * every })
  const items = questions.data?.items ?? []
  if (items.length === 0) return null
  return (
    <section className="card" aria-labelledby="answers">
      <div className="card-head">
        <h2 id="answers">{t('insight.title')}</h2>
        <Link to="/insight">{t('dashboard.all')}</Link>
      </div>
      <QuestionTable questions={items.slice(0, 5)} />
    </section>
  )
}

/** FirstSteps lead a new workspace to its first run, and are gone when it is there. A demo says what to click. */
function FirstSteps() {
  const { t } = useTranslation()
  const session = useSession()
  const connections = useQuery(connectionList)
  const flows = useQuery(flowList)
  const runs = useQuery({ queryKey: ['runs', 'any'], queryFn: () => ask(client.GET('/api/v1/runs', { params: { query: { limit: 1 } } })) })
  if (session.sandbox)
    return (
      <Notice tone="running">
        <strong>{t('first.title')}</strong>
        <ol className="demo-steps">
          <li>
            <Link to="/flows/$name" params={{ name: 'verify-product-x' }}>
              {t('first.look')}
            </Link>
          </li>
          <li>
            <a href={session.sandbox} target="_blank" rel="noopener">
              {t('first.pay')}
            </a>
          </li>
          <li>
            <Link to="/runs">{t('first.see')}</Link>
          </li>
        </ol>
      </Notice>
    )
  if (!connections.data || !flows.data || !runs.data) return null
  const steps = [
    { key: 'connect', done: (connections.data.items ?? []).length > 0, to: '/connections' },
    { key: 'draw', done: (flows.data.items ?? []).length > 0, to: '/flows' },
    { key: 'publish', done: (flows.data.items ?? []).some((f) => f.live_version_id), to: '/flows' },
    { key: 'run', done: (runs.data.items ?? []).length > 0, to: '/runs' },
  ] as const
  const next = steps.find((s) => !s.done)
  if (!next) return null
  return (
    <section className="card" aria-labelledby="first-steps">
      <div className="card-head">
        <h2 id="first-steps">{t('dashboard.firstSteps')}</h2>
        <span className="dim">{t('dashboard.stepsDone', { n: steps.filter((s) => s.done).length, of: steps.length })}</span>
      </div>
      <ol className="lines">
        {steps.map((s) => (
          <li key={s.key} aria-current={s === next ? 'step' : undefined}>
            {s.done ? <IconCircleCheck size={20} color="var(--ok)" aria-label={t('do.done')} /> : <IconCircleDashed size={20} color="var(--text-3)" aria-hidden />}
            <div className="grow">
              <strong>{t(`dashboard.step.${s.key}`)}</strong>
              <div className="dim">{t(`dashboard.stepHelp.${s.key}`)}</div>
            </div>
            {s === next && (
              <Button component={Link} to={s.to} size="compact-sm">
                {t(`dashboard.stepDo.${s.key}`)}
              </Button>
            )}
          </li>
        ))}
      </ol>
    </section>
  )
}

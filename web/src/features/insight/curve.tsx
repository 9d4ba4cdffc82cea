import { useElementSize } from '@mantine/hooks'
import { useTranslation } from 'react-i18next'
import { Chart } from '../../ui/charts'
import { answered, around } from '../../ui/scale'
import { duration } from '../../ui/time'
import { share, type Question } from './question'

const tall = 240
const foot = 24
const head = 20

/** Curve shows how many of those asked have answered by when, on a logarithmic axis of time: most answers come in
 * minutes and some in days. */
export function Curve({ question: q, tried }: { question: Question; tried: number }) {
  const { t, i18n } = useTranslation()
  const { ref, width } = useElementSize()
  const curve = q.curve ?? []
  const limit = q.limit_seconds ?? 0
  const all = Math.max(q.decided, curve[curve.length - 1]?.answers ?? 0, 1)
  const span = (s: number) => duration(s, i18n.language)
  const first = Math.max(1, Math.min(curve[0]?.seconds ?? 60, limit || 60))
  const marks = around(first, Math.max(limit, tried, curve[curve.length - 1]?.seconds ?? 0, 60))
  const [from, to] = [Math.log(marks[0]), Math.log(marks[marks.length - 1])]
  const left = 44
  const x = (s: number) => left + (Math.max(0, Math.log(Math.max(s, marks[0])) - from) / (to - from)) * Math.max(0, width - left - 8)
  const y = (n: number) => head + (tall - foot - head) * (1 - n / all)
  const steps = (points: typeof curve, start: number, end: number, base: number) => {
    let path = `M${x(start)},${y(base)}`
    for (const p of points) path += `H${x(p.seconds)}V${y(p.answers)}`
    return `${path}H${x(end)}`
  }
  const end = marks[marks.length - 1]
  const cut = limit || end
  const before = answered(curve, cut)
  const inTime = steps(curve.filter((p) => p.seconds < cut), marks[0], cut, 0)
  const late = curve.filter((p) => p.seconds >= cut)
  const after = late.length > 0 ? steps(late, cut, end, before) : ''
  let last = -Infinity // where the text before stands
  const named = marks.filter((m) => x(m) - last >= 64 && (last = x(m)) > 0)
  const close = (path: string, start: number, last: number) => `${path}L${x(last)},${y(0)}L${x(start)},${y(0)}Z`
  const rows = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1].flatMap((part) => {
    const total = curve[curve.length - 1]?.answers ?? 0
    const p = curve.find((c) => c.answers >= part * total)
    return p ? [[share(part, 1, i18n.language), span(p.seconds)]] : []
  })
  return (
    <Chart title={t('insight.curve')} head={[t('insight.ofThose'), t('insight.haveAnswered')]} rows={rows}>
      <div className="plot" ref={ref}>
        <svg
          width={width}
          height={tall}
          role="img"
          aria-label={curve.length === 0 ? t('insight.noAnswers') : t('insight.curveSays', { half: span(q.half_seconds ?? 0), most: span(q.most_seconds ?? 0), inTime: share(before, all, i18n.language), limit: span(cut) })}
        >
          {[0, 0.25, 0.5, 0.75, 1].map((part) => (
            <g key={part}>
              <line x1={left} x2={width - 8} y1={y(part * all)} y2={y(part * all)} className="grid" />
              <text x={left - 8} y={y(part * all)} dy="0.32em" textAnchor="end">
                {share(part, 1, i18n.language)}
              </text>
            </g>
          ))}
          {named.map((m) => (
            <text key={m} x={Math.min(Math.max(x(m), left + 10), width - 24)} y={tall - 6} textAnchor="middle">
              {span(m)}
            </text>
          ))}
          {curve.length > 0 && (
            <>
              <path d={close(inTime, marks[0], cut)} className="area" />
              <path d={inTime} className="course" />
              {after && <path d={close(after, cut, end)} className="area late" />}
              {after && <path d={after} className="course late" />}
            </>
          )}
          {limit > 0 && <Limit x={x(limit)} width={width} text={t('insight.limitIs', { limit: span(limit) })} />}
          {tried !== limit && <line x1={x(tried)} x2={x(tried)} y1={head} y2={tall - foot} className="limit tried" />}
        </svg>
        {curve.length === 0 && <div className="plot-empty dim">{t('insight.noAnswers')}</div>}
      </div>
    </Chart>
  )
}

function Limit({ x, width, text }: { x: number; width: number; text: string }) {
  const right = x > width * 0.6
  return (
    <g>
      <line x1={x} x2={x} y1={head - 6} y2={tall - foot} className="limit" />
      <text x={x + (right ? -6 : 6)} y={head - 6} textAnchor={right ? 'end' : 'start'} className="mark">
        {text}
      </text>
    </g>
  )
}

import { Button } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { useId, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import './charts.css'
import { stretches, ticks, timeTicks } from './scale'
import { took } from './time'

export interface Series<T = number> {
  name: string
  color: string // a token's name
  values: T[]
}

/** Chart is a figure with its title, a legend and the same values as a table for those who ask. */
export function Chart({ title, series, head, rows, children }: { title: string; series?: Series<unknown>[]; head: string[]; rows: (string | number)[][]; children: ReactNode }) {
  const { t } = useTranslation()
  const [table, setTable] = useState(false)
  const id = useId()
  return (
    <section className="card chart" aria-labelledby={id}>
      <div className="card-head">
        <h2 id={id}>{title}</h2>
        <Button size="compact-xs" variant="subtle" color="gray" aria-pressed={table} onClick={() => setTable(!table)}>
          {table ? t('chart.asChart') : t('chart.asTable')}
        </Button>
      </div>
      {table ? (
        <div className="table-box chart-table" tabIndex={0} role="group" aria-label={title}>
          <table className="list">
            <thead>
              <tr>
                {head.map((h, i) => (
                  <th key={h} scope="col" className={i ? 'end' : ''}>
                    {h}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, i) => (
                <tr key={i}>
                  {row.map((cell, k) => (
                    <td key={k} className={k ? 'end' : ''}>
                      {cell}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <>
          {series && (
            <div className="legend" aria-hidden>
              {series.map((s) => (
                <span key={s.name} className="row">
                  <i style={{ background: `var(--${s.color})` }} /> {s.name}
                </span>
              ))}
            </div>
          )}
          {children}
        </>
      )}
    </section>
  )
}

const tall = 188
const foot = 22

interface Place {
  at: (column: number) => number // the middle of a column
  y: (value: number) => number
  step: number // how wide a column is
}

/** Plot is the ground of a chart over time: its scale, its columns, and what stands in the one that is pointed at. */
function Plot({ name, labels, short, marks, format, tip, empty, children }: { name: string; labels: string[]; short: string[]; marks: number[]; format: (n: number) => string; tip: (column: number) => ReactNode; empty: boolean; children: (place: Place) => ReactNode }) {
  const { t } = useTranslation()
  const { ref, width } = useElementSize()
  const [over, setOver] = useState<number>()
  const top = marks[marks.length - 1]!
  const left = 12 + 7 * Math.max(...marks.map((m) => format(m).length))
  const step = Math.max(0, (width - left) / labels.length)
  const at = (i: number) => left + (i + 0.5) * step
  const y = (n: number) => 8 + (tall - foot - 8) * (1 - n / top)
  const each = Math.ceil(labels.length / Math.max(1, Math.floor((width - left) / 56)))
  return (
    <div className="plot" ref={ref} onMouseLeave={() => setOver(undefined)}>
      <svg width={width} height={tall} role="img" aria-label={name}>
        {marks.map((m) => (
          <g key={m}>
            <line x1={left} x2={width} y1={y(m)} y2={y(m)} className="grid" />
            <text x={left - 8} y={y(m)} dy="0.32em" textAnchor="end">
              {format(m)}
            </text>
          </g>
        ))}
        {labels.map((label, i) => (
          <g key={label} onMouseEnter={() => setOver(i)}>
            <rect x={at(i) - step / 2} y={0} width={step} height={tall - foot} className={over === i ? 'column over' : 'column'} />
            {(labels.length - 1 - i) % each === 0 && (
              <text x={Math.min(Math.max(at(i), left + 12), width - 16)} y={tall - 6} textAnchor="middle">
                {short[i]}
              </text>
            )}
          </g>
        ))}
        <g className="marks">{children({ at, y, step })}</g>
      </svg>
      {empty && <div className="plot-empty dim">{t('chart.nothing')}</div>}
      {over !== undefined && !empty && (
        <div className="tip" style={{ left: Math.min(Math.max(at(over), 84), Math.max(84, width - 84)) }}>
          <strong>{labels[over]}</strong>
          {tip(over)}
        </div>
      )}
    </div>
  )
}

/** Value is a line of a column's tip. */
function Value({ series, children }: { series: Series<unknown>; children: ReactNode }) {
  return (
    <span className="spread">
      <span className="row">
        <i style={{ background: `var(--${series.color})` }} /> {series.name}
      </span>
      {children}
    </span>
  )
}

/** Bars are stacked columns over time. labels name them all, short ones stand below some. */
export function Bars({ title, series, labels, short, column }: { title: string; series: Series[]; labels: string[]; short: string[]; column: string }) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
  const totals = labels.map((_, i) => series.reduce((sum, s) => sum + s.values[i]!, 0))
  const sum = (s: Series) => number.format(s.values.reduce((a, b) => a + b, 0))
  return (
    <Chart title={title} series={series} head={[column, ...series.map((s) => s.name)]} rows={labels.map((l, i) => [l, ...series.map((s) => number.format(s.values[i]!))])}>
      <Plot
        name={t('chart.sum', { title, list: series.map((s) => `${s.name} ${sum(s)}`).join(', ') })}
        labels={labels}
        short={short}
        marks={ticks(Math.max(...totals, 0))}
        format={(n) => number.format(n)}
        empty={totals.every((n) => n === 0)}
        tip={(i) =>
          series.map((s) => (
            <Value key={s.name} series={s}>
              {number.format(s.values[i]!)}
            </Value>
          ))
        }
      >
        {({ at, y, step }) => {
          const bar = Math.min(36, Math.max(2, step * 0.66))
          return labels.map((label, i) => {
            let base = 0
            return series.map((s) => {
              const from = y(base)
              base += s.values[i]!
              const high = from - y(base)
              return high > 0 && <rect key={label + s.name} x={at(i) - bar / 2} y={y(base)} width={bar} height={Math.max(1, high - 1)} rx={Math.min(2, bar / 4)} fill={`var(--${s.color})`} />
            })
          })
        }}
      </Plot>
    </Chart>
  )
}

/** Lines are times over time, in seconds; where there is none, a line has a gap. */
export function Lines({ title, series, labels, short, column }: { title: string; series: Series<number | undefined>[]; labels: string[]; short: string[]; column: string }) {
  const { t, i18n } = useTranslation()
  const all = series.flatMap((s) => s.values.filter((v) => v !== undefined))
  const shown = (v: number | undefined) => (v === undefined ? '–' : took(v, i18n.language))
  return (
    <Chart title={title} series={series} head={[column, ...series.map((s) => s.name)]} rows={labels.map((l, i) => [l, ...series.map((s) => shown(s.values[i]))])}>
      <Plot
        name={t('chart.sum', { title, list: series.map((s) => `${s.name} ${shown(s.values.findLast((v) => v !== undefined))}`).join(', ') })}
        labels={labels}
        short={short}
        marks={timeTicks(Math.max(...all, 0))}
        format={(n) => took(n, i18n.language)}
        empty={all.length === 0}
        tip={(i) =>
          series.map((s) => (
            <Value key={s.name} series={s}>
              {shown(s.values[i])}
            </Value>
          ))
        }
      >
        {({ at, y }) =>
          series.map((s) => (
            <g key={s.name} stroke={`var(--${s.color})`} fill={`var(--${s.color})`}>
              {stretches(s.values).map((points) => (
                <polyline key={points[0]!.at} className="line" points={points.map((p) => `${at(p.at)},${y(p.value)}`).join(' ')} />
              ))}
              {s.values.map((v, i) => v !== undefined && <circle key={i} cx={at(i)} cy={y(v)} r={2.5} />)}
            </g>
          ))
        }
      </Plot>
    </Chart>
  )
}

/** Spark is the course of a figure without a scale; the figure itself stands beside it. */
export function Spark({ values }: { values: number[] }) {
  const max = Math.max(...values, 1)
  const wide = 96
  const high = 28
  const points = values.map((v, i) => `${(i * wide) / Math.max(1, values.length - 1)},${high - 2 - (v / max) * (high - 4)}`)
  return (
    <svg className="spark" viewBox={`0 0 ${wide} ${high}`} width={wide} height={high} aria-hidden>
      <polygon points={`0,${high} ${points.join(' ')} ${wide},${high}`} />
      <polyline points={points.join(' ')} />
    </svg>
  )
}

import { Button } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { useId, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import './charts.css'
import { ticks } from './scale'

export interface Series {
  name: string
  color: string // a token's name
  values: number[]
}

/** Chart is a figure with its title, a legend and the same values as a table for those who ask. */
export function Chart({ title, series, head, rows, children }: { title: string; series?: Series[]; head: string[]; rows: (string | number)[][]; children: ReactNode }) {
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

/** Bars are stacked columns over time. labels name them all, short ones stand below some. */
export function Bars({ title, series, labels, short, column }: { title: string; series: Series[]; labels: string[]; short: string[]; column: string }) {
  const { t, i18n } = useTranslation()
  const { ref, width } = useElementSize()
  const [over, setOver] = useState<number>()
  const number = new Intl.NumberFormat(i18n.language)
  const totals = labels.map((_, i) => series.reduce((sum, s) => sum + s.values[i], 0))
  const sum = totals.reduce((a, b) => a + b, 0)
  const marks = ticks(Math.max(...totals, 0))
  const top = marks[marks.length - 1]
  const left = 12 + 7 * Math.max(...marks.map((m) => number.format(m).length))
  const step = Math.max(0, (width - left) / labels.length)
  const bar = Math.min(36, Math.max(2, step * 0.66))
  const y = (n: number) => 8 + (tall - foot - 8) * (1 - n / top)
  const each = Math.ceil(labels.length / Math.max(1, Math.floor((width - left) / 56)))
  return (
    <Chart title={title} series={series} head={[column, ...series.map((s) => s.name)]} rows={labels.map((l, i) => [l, ...series.map((s) => number.format(s.values[i]))])}>
      <div className="plot" ref={ref} onMouseLeave={() => setOver(undefined)}>
        <svg width={width} height={tall} role="img" aria-label={t('chart.sum', { title, list: series.map((s) => `${s.name} ${number.format(s.values.reduce((a, b) => a + b, 0))}`).join(', ') })}>
          {marks.map((m) => (
            <g key={m}>
              <line x1={left} x2={width} y1={y(m)} y2={y(m)} className="grid" />
              <text x={left - 8} y={y(m)} dy="0.32em" textAnchor="end">
                {number.format(m)}
              </text>
            </g>
          ))}
          {labels.map((label, i) => {
            const x = left + i * step + (step - bar) / 2
            let base = 0
            return (
              <g key={label} onMouseEnter={() => setOver(i)}>
                <rect x={left + i * step} y={0} width={step} height={tall - foot} className={over === i ? 'column over' : 'column'} />
                {series.map((s) => {
                  const from = y(base)
                  base += s.values[i]
                  const high = from - y(base)
                  return high > 0 && <rect key={s.name} x={x} y={y(base)} width={bar} height={Math.max(1, high - 1)} rx={Math.min(2, bar / 4)} fill={`var(--${s.color})`} />
                })}
                {(labels.length - 1 - i) % each === 0 && (
                  <text x={Math.min(Math.max(left + i * step + step / 2, left + 12), width - 16)} y={tall - 6} textAnchor="middle">
                    {short[i]}
                  </text>
                )}
              </g>
            )
          })}
        </svg>
        {sum === 0 && <div className="plot-empty dim">{t('chart.nothing')}</div>}
        {over !== undefined && sum > 0 && (
          <div className="tip" style={{ left: Math.min(Math.max(left + (over + 0.5) * step, 84), Math.max(84, width - 84)) }}>
            <strong>{labels[over]}</strong>
            {series.map((s) => (
              <span key={s.name} className="spread">
                <span className="row">
                  <i style={{ background: `var(--${s.color})` }} /> {s.name}
                </span>
                {number.format(s.values[over])}
              </span>
            ))}
          </div>
        )}
      </div>
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

import { Switch } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import { every } from '../../app/query'
import { Sign } from '../../ui/status'
import { exact, took, useNow } from '../../ui/time'
import { More, useEnds } from './ends'
import { axisOf, rowsOf, type Row } from './waterfall'
import './waterfall.css'

/** Waterfall draws when each step ran, and in it each call; show leads to a step's details. */
export function Waterfall({ steps, show }: { steps: Schemas['Step'][]; show: (key: string) => void }) {
  const { t, i18n } = useTranslation()
  const [short, setShort] = useState(true)
  const now = useNow(every)
  const rows = rowsOf(steps, now)
  const { place, cuts } = axisOf(rows, short)
  const { begin, end, more } = useEnds(rows.length)
  const at = (n: number) => `${100 * n}%`
  const lasted = (r: Row) => took((r.until - r.from) / 1000, i18n.language)
  return (
    <section className="card waterfall" aria-label={t('run.waterfall')}>
      <div className="card-head">
        <div className="legend">
          {(['call', 'failed', 'idle'] as const).map((tone) => (
            <span key={tone} className="row">
              <i className={`stretch ${tone}`} aria-hidden /> {t(`run.stretch.${tone}`)}
            </span>
          ))}
        </div>
        <Switch size="xs" label={t('run.short')} checked={short} onChange={(e) => setShort(e.currentTarget.checked)} />
      </div>
      <ol>
        {rows.map((r, i) => {
          if (i === begin && i < end)
            return (
              <li key="more">
                <More count={end - begin} more={more} />
              </li>
            )
          if (i > begin && i < end) return null
          const name = r.attempt ? t('run.attempt', { number: r.attempt }) : r.step
          return (
            <li key={r.key} className={r.attempt ? 'within' : undefined}>
              <button type="button" onClick={() => show(r.iteration ? `${r.step} #${r.iteration}` : r.step)} title={`${exact(r.from, i18n.language)} · ${lasted(r)}`}>
                <span className="name">
                  <Sign state={r.status} />
                  <span className={r.attempt ? 'dim' : 'mono'}>{name}</span>
                  {r.iteration && !r.attempt && <span className="dim">{t('run.iteration', { n: r.iteration })}</span>}
                </span>
                <span className="track" aria-hidden>
                  {cuts.map((c) => (
                    <span key={c.from} className="cut" style={{ left: at(c.from), width: at(c.until - c.from) }} />
                  ))}
                  {r.stretches.map((s) => (
                    <span key={`${s.from} ${s.tone}`} className={r.live && s.until === r.until ? `stretch ${s.tone} live` : `stretch ${s.tone}`} style={{ left: at(place(s.from)), width: at(place(s.until) - place(s.from)) }} />
                  ))}
                </span>
                <span className="end dim">{lasted(r)}</span>
              </button>
            </li>
          )
        })}
      </ol>
      {cuts.length > 0 && <p className="dim foot">{t('run.cuts', { count: cuts.length, span: took(cuts.reduce((sum, c) => sum + c.length, 0) / 1000, i18n.language) })}</p>}
    </section>
  )
}

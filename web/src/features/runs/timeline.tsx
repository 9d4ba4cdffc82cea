import { Switch, TextInput } from '@mantine/core'
import { IconArrowDownLeft, IconArrowsExchange, IconArrowUpRight, IconBolt, IconClockHour4, IconFlag, IconPlayerPlay, IconSearch } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import { here, sentence } from '../../i18n/sentences'
import { Empty } from '../../ui/page'
import { duration, exact } from '../../ui/time'
import { More, useEnds } from './ends'
import { failedEntries, stepName } from './failed-entries'

/** Timeline is the run's history, an entry each; it can be narrowed to those with a text, and to failures. */
export function Timeline({ run }: { run: Schemas['RunDetail'] }) {
  const { t, i18n } = useTranslation()
  const [text, setText] = useState('')
  const [only, setOnly] = useState(false)
  const failed = useMemo(() => failedEntries(run), [run])
  const word = text.trim().toLowerCase()
  const has = (e: Schemas['TimelineEntry']) => !word || [sentence(e, i18n.language, t), e.detail, e.step].some((s) => s?.toLowerCase().includes(word))
  const entries = (run.timeline ?? []).filter((e) => (!only || failed(e)) && has(e))
  return (
    <div className="card">
      <div className="card-head" style={{ justifyContent: 'flex-start', flexWrap: 'wrap' }}>
        <TextInput data-filter type="search" w={240} aria-label={t('run.filter')} placeholder={t('run.filter')} leftSection={<IconSearch size={14} aria-hidden />} value={text} onChange={(e) => setText(e.currentTarget.value)} />
        <Switch label={t('run.failedOnly')} checked={only} onChange={(e) => setOnly(e.currentTarget.checked)} />
      </div>
      {entries.length === 0 ? <Empty>{t('run.noEntry')}</Empty> : <Entries entries={entries} failed={failed} />}
    </div>
  )
}

const icons = { event: IconBolt, step: IconPlayerPlay, call: IconArrowsExchange, message: IconArrowUpRight, wait: IconClockHour4, run: IconFlag }

function Entries({ entries, failed }: { entries: Schemas['TimelineEntry'][]; failed: (e: Schemas['TimelineEntry']) => boolean }) {
  const { t, i18n } = useTranslation()
  const clock = new Intl.DateTimeFormat(i18n.language, { timeStyle: 'medium' })
  const { begin, end, more } = useEnds(entries.length)
  return (
    <ol className="timeline">
      {entries.map((e, i) => {
        if (i === begin && i < end)
          return (
            <li key="more">
              <More count={end - begin} more={more} />
            </li>
          )
        if (i > begin && i < end) return null
        const Icon = /^message\.(wrote|answered|kind)/.test(e.code) ? IconArrowDownLeft : icons[e.kind]
        const gap = i > 0 ? (Date.parse(e.at) - Date.parse(entries[i - 1].at)) / 1000 : 0
        return (
          <li key={i}>
            {gap >= 10 && (
              <div className="gap dim" aria-hidden>
                {duration(gap, i18n.language)}
              </div>
            )}
            <div className={failed(e) ? 'entry bad' : 'entry'}>
              <time className="mono dim" dateTime={e.at} title={exact(e.at, i18n.language)}>
                {clock.format(new Date(e.at))}
              </time>
              <Icon size={16} stroke={1.75} aria-hidden />
              <div className="grow">
                <span>{sentence(e, i18n.language, t)}</span>
                {e.step && <span className="mono dim"> {stepName(e.step, e.iteration)}</span>}
                {e.detail && <div className="dim" style={{ whiteSpace: 'pre-line', overflowWrap: 'anywhere' }}>{here(e.detail, i18n.language)}</div>}
              </div>
            </div>
          </li>
        )
      })}
    </ol>
  )
}

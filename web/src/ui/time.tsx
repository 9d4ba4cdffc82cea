import { Tooltip } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

/** useNow is the present, again each so many milliseconds. */
export function useNow(interval: number): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), interval)
    return () => clearInterval(timer)
  }, [interval])
  return now
}

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
]

// A formatter takes a millisecond to make, and a list has hundreds of times.
const formats = new Map<string, unknown>()
function format<T>(language: string, kind: string, make: () => T): T {
  const key = `${language} ${kind}`
  if (!formats.has(key)) formats.set(key, make())
  return formats.get(key) as T
}

export function relative(at: number, now: number, language: string): string {
  const seconds = Math.round((at - now) / 1000)
  const [unit, size] = units.find(([, s]) => Math.abs(seconds) >= s) ?? ['second', 1]
  return format(language, 'relative', () => new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' })).format(Math.trunc(seconds / size), unit)
}

/** shown is how long ago something was, or when it will be. Clocks differ a little: what is about to be is now. */
export function shown(at: string, now: number, language: string): string {
  const then = Date.parse(at)
  if (then <= now + 60_000) return relative(then, Math.max(now, then), language)
  return format(language, 'short', () => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' })).format(then)
}

/** exact names the zone, so that two people mean the same instant. */
export function exact(at: string | number, language: string): string {
  return format(language, 'exact', () => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'long' })).format(new Date(at))
}

/** duration is a span in its two largest units: 2 h 5 min. */
export function duration(seconds: number, language: string): string {
  const of = (n: number, unit: string) => format(language, unit, () => new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' })).format(n)
  const whole = Math.max(0, Math.round(seconds))
  const parts: string[] = []
  let rest = whole
  for (const [unit, size] of units) {
    const n = Math.floor(rest / size)
    if (n > 0 && parts.length < 2) parts.push(of(n, unit))
    if (parts.length > 0 && n === 0 && parts.length < 2) parts.push('')
    rest -= n * size
  }
  return parts.filter(Boolean).join(' ') || of(0, 'second')
}

/** took says how long something took, also what took less than seconds. */
export function took(seconds: number, language: string): string {
  if (seconds === 0 || seconds >= 10) return duration(seconds, language)
  return format(language, 'took', () => new Intl.NumberFormat(language, { style: 'unit', unit: 'second', unitDisplay: 'short', maximumFractionDigits: 1 })).format(seconds)
}

/** Time shows how long ago something was, or when it will be; the exact instant on hover and focus. */
export function Time({ at }: { at: string | undefined | null }) {
  const { i18n } = useTranslation()
  const now = useNow(15_000)
  if (!at) return <span className="dim">–</span>
  return (
    <Tooltip label={exact(at, i18n.language)}>
      <time dateTime={at} tabIndex={0}>
        {shown(at, now, i18n.language)}
      </time>
    </Tooltip>
  )
}

/** Countdown shows how long it is until an instant, to the second. */
export function Countdown({ until }: { until: string }) {
  const { i18n, t } = useTranslation()
  const left = (Date.parse(until) - useNow(1_000)) / 1000
  return (
    <Tooltip label={exact(until, i18n.language)}>
      <time dateTime={until} tabIndex={0}>
        {left > 0 ? t('time.left', { span: duration(left, i18n.language) }) : t('time.over')}
      </time>
    </Tooltip>
  )
}

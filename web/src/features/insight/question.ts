import type { Schemas } from '../../api/client'
import { answered, spans } from '../../ui/scale'

export type Question = Schemas['Question']

/** share is part of all in percent; a dash where there is nothing yet. */
export function share(part: number, all: number, language: string): string {
  return all > 0 ? new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(part / all) : '–'
}

/** limitsToTry are limits around the one that holds now, which is among them. */
export function limitsToTry(q: Question): number[] {
  const now = q.limit_seconds ?? 0
  const last = q.curve?.[q.curve.length - 1]?.seconds ?? 0
  const most = spans.find((s) => s >= 2 * Math.max(now, last, 60)) ?? spans[spans.length - 1]
  const least = Math.min((now || 60) / 8, 60)
  return [...new Set([...spans.filter((s) => s >= least && s <= most), now].filter((s) => s > 0))].sort((a, b) => a - b)
}

export interface Outcome {
  replies: number
  of: number // whom a rate is made of
  more: number // than with the limits that held; negative: fewer
}

/** withLimit is what would have come of the same questions with another limit, as far as it is known. */
export function withLimit(q: Question, seconds: number): Outcome {
  const replies = Math.min(answered(q.curve ?? [], seconds), q.decided)
  return { replies, of: q.decided, more: replies - q.waits.replied }
}

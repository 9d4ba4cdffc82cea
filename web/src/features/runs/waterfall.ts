import type { Schemas } from '../../api/client'

/** What a stretch of a row is: a call under way, one that came to nothing, or time that passes without one. */
export type Tone = 'call' | 'failed' | 'idle'

export interface Stretch {
  from: number // in ms since 1970
  until: number
  tone: Tone
}

export interface Row {
  key: string
  step: string
  iteration?: string
  attempt?: number // of the step that stands above it
  status: Schemas['Step']['status']
  from: number
  until: number
  live: boolean // it goes on
  stretches: Stretch[]
}

const instant = (text: string) => Date.parse(text)

/** rowsOf is a row for each step that was begun, in their order, and one for each call of a step that made several. */
export function rowsOf(steps: Schemas['Step'][], now: number): Row[] {
  return steps
    .filter((s) => s.started_at)
    .sort((a, b) => instant(a.started_at!) - instant(b.started_at!))
    .flatMap((s) => {
      const from = instant(s.started_at!)
      const live = s.status === 'active'
      const until = Math.max(from, s.ended_at ? instant(s.ended_at) : now)
      const calls = (s.attempts ?? [])
        .filter((a) => a.started_at)
        .map((a) => ({ number: a.attempt, key: a.number, from: instant(a.started_at!), until: instant(a.ended_at), tone: (a.outcome === 'succeeded' ? 'call' : 'failed') as Tone }))
      const own: Stretch[] = calls.length > 0 ? calls.map(({ from, until, tone }) => ({ from, until, tone })) : waits(s) ? [] : [{ from, until, tone: s.status === 'failed' ? 'failed' : 'call' }]
      const key = s.iteration ? `${s.id} #${s.iteration}` : s.id
      const row: Row = { key, step: s.id, iteration: s.iteration, status: s.status, from, until, live, stretches: filled(own, from, until) }
      const each = calls.length < 2 ? [] : calls.map((c): Row => ({ key: `${key}/${c.key}`, step: s.id, iteration: s.iteration, attempt: c.number, status: c.tone === 'failed' ? 'failed' : 'succeeded', from: c.from, until: c.until, live: false, stretches: [{ from: c.from, until: c.until, tone: c.tone }] }))
      return [row, ...each]
    })
}

/** waits reports whether a step lets time pass and makes no calls. */
function waits(s: Schemas['Step']): boolean {
  return s.kind === 'customer_response' || s.kind === 'delay' || s.kind === 'start_flow'
}

/** filled has idle time wherever there is nothing else. */
function filled(stretches: Stretch[], from: number, until: number): Stretch[] {
  const all: Stretch[] = []
  let at = from
  for (const s of stretches) {
    if (s.from > at) all.push({ from: at, until: s.from, tone: 'idle' })
    all.push(s)
    at = Math.max(at, s.until)
  }
  if (until > at) all.push({ from: at, until, tone: 'idle' })
  return all
}

export interface Axis {
  place: (at: number) => number // from 0 to 1
  cuts: { from: number; until: number; length: number }[] // places of idle time that is drawn shorter than it was, and how many ms it took
}

/** A stretch of idle time takes this much of the room at most, as long as it is drawn short. */
const idleRoom = 0.12

/** axisOf spreads the rows' time over the room there is. Short, time in which nothing is called takes little of it, however long it was. */
export function axisOf(rows: Row[], short: boolean): Axis {
  const marks = [...new Set(rows.flatMap((r) => r.stretches.flatMap((s) => [s.from, s.until])))].sort((a, b) => a - b)
  const busy = rows.flatMap((r) => r.stretches.filter((s) => s.tone !== 'idle' && s.until > s.from))
  const parts = marks.slice(1).map((until, i) => {
    const from = marks[i]!
    return { from, until, length: until - from, idle: !busy.some((s) => s.from < until && s.until > from) }
  })
  const work = parts.filter((p) => !p.idle).reduce((sum, p) => sum + p.length, 0)
  const idle = parts.filter((p) => p.idle).length
  // So that each idle part has idleRoom of all: x = idleRoom (work + idle x), but never more than half of the room for all of them.
  const most = work > 0 ? (work * idleRoom) / Math.max(1 - idle * idleRoom, 0.5) : Infinity
  let width = 0
  const placed = parts.map((p) => {
    const cut = short && p.idle && p.length > most
    const begin = width
    width += cut ? most : p.length
    return { ...p, cut, begin, end: width }
  })
  const all = width || 1
  return {
    place: (at) => {
      const p = placed.find((p) => at < p.until) ?? placed[placed.length - 1]
      if (!p || p.length === 0) return 0
      return (p.begin + ((Math.min(Math.max(at, p.from), p.until) - p.from) / p.length) * (p.end - p.begin)) / all
    },
    cuts: placed.filter((p) => p.cut).map((p) => ({ from: p.begin / all, until: p.end / all, length: p.length })),
  }
}

/** ticks are round numbers from 0 up to max or just above, so many at most that a small chart stays readable. */
export function ticks(max: number, most = 4): number[] {
  if (max <= 0) return [0, 1]
  const raw = Math.max(1, max / most)
  const size = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].map((n) => n * size).find((s) => s >= raw) ?? raw
  return Array.from({ length: Math.ceil(max / step) + 1 }, (_, i) => i * step)
}

/** Spans at which one may look at answers, in seconds: the marks of a logarithmic axis, and limits to try. */
export const spans = [
  1, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 28_800, 43_200, 86_400, 172_800, 259_200, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000,
]

/** timeTicks are ticks in seconds, a step apart that people count in. */
export function timeTicks(max: number, most = 4): number[] {
  if (max <= 0) return [0, 1]
  const step = [0.1, 0.2, 0.5, 1, 2, ...spans.slice(1)].find((s) => max / s <= most) ?? max / most
  return Array.from({ length: Math.ceil(max / step) + 1 }, (_, i) => i * step)
}

/** stretches divides values into those without a gap between them. */
export function stretches(values: (number | undefined)[]): { at: number; value: number }[][] {
  const all: { at: number; value: number }[][] = []
  values.forEach((value, at) => {
    if (value === undefined) return
    if (at > 0 && values[at - 1] !== undefined) all[all.length - 1]!.push({ at, value })
    else all.push([{ at, value }])
  })
  return all
}

/** around returns those spans that lie between two, and the next on either side. */
export function around(least: number, most: number): number[] {
  const first = Math.max(0, spans.findIndex((s) => s >= least) - 1)
  const last = spans.findIndex((s) => s > most)
  return spans.slice(first, last < 0 ? spans.length : last + 1)
}

export interface Point {
  seconds: number
  answers: number
}

/** answered is how many answers come in less than that time. An answer at the limit is late. */
export function answered(curve: Point[], seconds: number): number {
  let n = 0
  for (const p of curve) {
    if (p.seconds >= seconds) break
    n = p.answers
  }
  return n
}

/** change compares two counts, as a share of the earlier one; undefined where there is nothing to compare with. */
export function change(now: number, before: number): number | undefined {
  return before > 0 ? (now - before) / before : undefined
}

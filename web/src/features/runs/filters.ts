import type { paths } from '../../api/schema'

/** Filters are what a list of runs is narrowed to, as the address has them. */
export type Filters = Partial<Record<(typeof names)[number], string>>

export const names = ['status', 'flow', 'phase', 'version', 'contact', 'failure', 'since', 'longer'] as const

export type Query = NonNullable<paths['/api/v1/runs']['get']['parameters']['query']>

export const statuses = ['queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled'] as const
export const phases = ['asking', 'sleeping', 'backing_off', 'held', 'joining', 'settling'] as const
export const failures = ['invalid', 'unauthorized', 'rate_limited', 'retryable', 'permanent', 'unknown'] as const
/** In hours. */
export const periods = ['1', '24', '168', '720'] as const
/** In seconds. */
export const spans = ['10', '60', '600', '3600', '86400'] as const

/** queryOf asks the API for the runs that fit. What no filter knows is left out, so that an old address still works. */
export function queryOf(f: Filters, now: number): Query {
  const among = <T extends string>(all: readonly T[], v?: string) => all.find((x) => x === v)
  const hours = Number(f.since)
  return {
    status: among(statuses, f.status), flow: f.flow, contact: f.contact, phase: among(phases, f.phase), failure: among(failures, f.failure),
    version: Number(f.version) >= 1 ? Number(f.version) : undefined,
    since: hours > 0 ? new Date(now - hours * 3_600_000).toISOString() : undefined,
    longer_than_seconds: Number(f.longer) > 0 ? Number(f.longer) : undefined,
  }
}

/** View is a set of filters under a name. */
export interface View {
  name: string
  filters: Filters
}

const place = 'runs.views'

/** views are those that this browser keeps; they hold filters alone. */
export function views(): View[] {
  try {
    const kept = JSON.parse(localStorage.getItem(place) ?? '[]') as View[]
    return Array.isArray(kept) ? kept.filter((v) => typeof v?.name === 'string' && typeof v.filters === 'object') : []
  } catch {
    return []
  }
}

/** keepViews stores views; of two with one name the later counts. */
export function keepViews(all: View[]) {
  localStorage.setItem(place, JSON.stringify(all.filter((v, i) => all.findLastIndex((o) => o.name === v.name) === i)))
}

import { queryOptions, type QueryKey } from '@tanstack/react-query'
import { ask, client, type Schemas } from '../api/client'
import { every, queries } from './query'
import { gate } from './session'

// What the pages begin with. It is asked for while a page's code is still on its way.

export const flowList = queryOptions({ queryKey: ['flows'], queryFn: everyFlow })

/** everyFlow reads all pages: a list is narrowed in the browser, and who looks for a flow must find it. */
async function everyFlow(): Promise<Schemas['ListFlow']> {
  const list = await ask(client.GET('/api/v1/flows', { params: { query: { limit: 200 } } }))
  while (list.next) {
    const page = await ask(client.GET('/api/v1/flows', { params: { query: { limit: 200, after: list.next } } }))
    list.items = [...(list.items ?? []), ...(page.items ?? [])]
    list.next = page.next
  }
  return list
}

export const connectionList = queryOptions({ queryKey: ['connections'], queryFn: () => ask(client.GET('/api/v1/connections', { params: { query: { limit: 200 } } })) })

export const connectorList = queryOptions({ queryKey: ['connectors'], queryFn: () => ask(client.GET('/api/v1/connectors')) })

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone

export const periods = ['hour', 'day', 'week', 'month'] as const
export type Period = (typeof periods)[number]

/** Stretch is the time that the dashboard is about: a period until now, or days of which the last belongs to it. */
export interface Stretch {
  period?: Period
  since?: string
  until?: string
}

/** stretchOf reads the dashboard's time from its address. */
export function stretchOf(search: { period?: string; since?: string; until?: string }): Stretch {
  if ([search.since, search.until].every((day) => /^\d{4}-\d\d-\d\d$/.test(day ?? '') && !isNaN(Date.parse(day!)))) return { since: search.since, until: search.until }
  return { period: periods.find((p) => p === search.period) ?? 'week' }
}

const longest = 92 // days that are shown at once

/** moved is the time with another first or last day. Where the two would not fit together, the other one goes along. */
export function moved(from: { since: string; until: string }, to: { since?: string; until?: string }): Stretch {
  const at = (day: string) => Date.parse(day) / 86_400_000
  const day = (n: number) => new Date(n * 86_400_000).toISOString().slice(0, 10)
  const { since, until } = { ...from, ...to }
  const days = at(until) - at(since)
  if (days >= 0 && days < longest) return { since, until }
  const before = at(from.until) - at(from.since)
  return to.since ? { since, until: day(at(since) + before) } : { since: day(at(until) - before), until }
}

/** midnight is when a day begins here, or when the next one does. */
function midnight(day: string, next = 0): string {
  const at = new Date(`${day}T00:00`)
  at.setDate(at.getDate() + next)
  return at.toISOString()
}

export const statsOf = ({ period, since, until }: Stretch) =>
  queryOptions({
    queryKey: ['stats', period ?? [since, until], zone],
    queryFn: () => ask(client.GET('/api/v1/stats', { params: { query: since && until ? { since: midnight(since), until: midnight(until, 1), time_zone: zone } : { period, time_zone: zone } } })),
    refetchInterval: 20 * every, // the stream tells; days turn
    placeholderData: (before) => before,
  })

/** ahead asks for what a page begins with, if somebody is signed in; whether that works, the page itself finds out. */
export function ahead<T, K extends QueryKey>(query: { queryKey: K; queryFn?: unknown } & T) {
  void queries
    .ensureQueryData(gate)
    .then((g) => g.session && queries.prefetchQuery(query as never))
    .catch(() => undefined)
}

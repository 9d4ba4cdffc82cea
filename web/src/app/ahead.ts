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

export const periods = ['day', 'week', 'month'] as const
export type Period = (typeof periods)[number]

/** periodOf reads the dashboard's period from its address. */
export function periodOf(text: string | undefined): Period {
  return periods.find((p) => p === text) ?? 'week'
}

export const statsOf = (period: Period) =>
  queryOptions({
    queryKey: ['stats', period, zone],
    queryFn: () => ask(client.GET('/api/v1/stats', { params: { query: { period, time_zone: zone } } })),
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

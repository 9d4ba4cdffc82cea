import type { InfiniteData, QueryClient } from '@tanstack/react-query'
import type { Schemas } from '../../api/client'

type Pages = InfiniteData<Schemas['ListRun']>

/** beside are the runs above and below one in the list of runs that was looked at last; undefined where there is none. */
export function beside(client: QueryClient, id: string): { previous?: string; next?: string } {
  const lists = client
    .getQueryCache()
    .findAll({ queryKey: ['runs'] })
    .filter((q) => (q.state.data as Partial<Pages> | undefined)?.pages)
    .sort((a, b) => b.state.dataUpdatedAt - a.state.dataUpdatedAt)
    .map((q) => (q.state.data as Pages).pages.flatMap((p) => p.items ?? []).map((r) => r.id))
  const ids = lists.find((l) => l.includes(id)) ?? []
  const at = ids.indexOf(id)
  return { previous: ids[at - 1], next: at < 0 ? undefined : ids[at + 1] }
}

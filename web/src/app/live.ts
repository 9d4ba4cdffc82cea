import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'

/** What changes when a run or a wait does, by the first part of its query's key: lists at once, what counts over many rows at leisure. */
const moved = [
  { keys: new Set(['runs', 'waits', 'journey']), gather: 300 },
  { keys: new Set(['stats', 'questions']), gather: 3_000 },
]

/**
 * Live listens, for as long as it is shown, to what the gateway says about runs and waits, and has what is on the page read
 * again; changes are gathered first, so that a busy gateway is not asked all the time. Where the stream can't be had, the
 * lists are still read again by themselves, only later.
 */
export function Live() {
  const queryClient = useQueryClient()
  useEffect(() => {
    const stream = new EventSource('/api/v1/stream')
    const timers = moved.map((): ReturnType<typeof setTimeout> | undefined => undefined)
    const changed = () =>
      moved.forEach(({ keys, gather }, i) => {
        timers[i] ??= setTimeout(() => {
          timers[i] = undefined
          void queryClient.invalidateQueries({ predicate: (q) => keys.has(String(q.queryKey[0])) })
        }, gather)
      })
    stream.addEventListener('open', changed) // what was said in between is lost
    stream.addEventListener('changed', changed)
    return () => {
      stream.close()
      timers.forEach(clearTimeout)
    }
  }, [queryClient])
  return null
}

import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'

/** What changes when a run or a wait does, by the first part of its query's key. */
const moved = new Set(['runs', 'waits', 'journey', 'stats'])

/** How long changes are gathered before they are read, so that a busy gateway is not asked all the time. */
const gather = 300

/**
 * Live listens, for as long as it is shown, to what the gateway says about runs and waits, and has what is on the page read
 * again. Where the stream can't be had, the lists are still read again by themselves, only later.
 */
export function Live() {
  const queryClient = useQueryClient()
  useEffect(() => {
    const stream = new EventSource('/api/v1/stream')
    let timer: ReturnType<typeof setTimeout> | undefined
    const changed = () => {
      timer ??= setTimeout(() => {
        timer = undefined
        void queryClient.invalidateQueries({ predicate: (q) => moved.has(String(q.queryKey[0])) })
      }, gather)
    }
    stream.addEventListener('open', changed) // what was said in between is lost
    stream.addEventListener('changed', changed)
    return () => {
      stream.close()
      clearTimeout(timer)
    }
  }, [queryClient])
  return null
}

import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

/** What changes when a run or a wait does, by the first part of its query's key: lists at once, what counts over many rows at leisure. */
const moved = [
  { keys: new Set(['runs', 'waits', 'journey']), gather: 300 },
  { keys: new Set(['stats', 'questions']), gather: 3_000 },
]

/** A stream that ends is opened anew by the browser within this time, without a word to anybody. */
const patience = 6_000

/**
 * useLive listens to what the gateway says about runs and waits, and has what is on the page read again; changes are
 * gathered first, so that a busy gateway is not asked all the time. Where the stream can't be had, the lists are still read
 * again by themselves, only later; since when that is so is what it returns.
 */
export function useLive(): number | undefined {
  const queryClient = useQueryClient()
  const [lost, setLost] = useState<number>()
  useEffect(() => {
    let stream: EventSource
    let away = false
    let again: ReturnType<typeof setTimeout> | undefined
    let silent: ReturnType<typeof setTimeout> | undefined
    const timers = moved.map((): ReturnType<typeof setTimeout> | undefined => undefined)
    const changed = () =>
      moved.forEach(({ keys, gather }, i) => {
        timers[i] ??= setTimeout(() => {
          timers[i] = undefined
          void queryClient.invalidateQueries({ predicate: (q) => keys.has(String(q.queryKey[0])) })
        }, gather)
      })
    const open = () => {
      stream = new EventSource('/api/v1/stream')
      stream.addEventListener('open', () => {
        if (away) return // it was on its way before the network went
        clearTimeout(silent)
        silent = undefined
        setLost((since) => {
          if (since !== undefined) void queryClient.invalidateQueries() // what was said in between is lost, and what was asked has failed
          return undefined
        })
        changed()
      })
      stream.addEventListener('changed', changed)
      stream.addEventListener('error', () => {
        const since = Date.now()
        silent ??= setTimeout(() => setLost(since), patience)
        if (stream.readyState === EventSource.CLOSED) again = setTimeout(open, patience) // a browser gives up on an answer that is no stream
      })
    }
    open()
    // A browser that knows that it is off does not wait to find out.
    const off = () => {
      away = true
      setLost((since) => since ?? Date.now())
    }
    const on = () => {
      away = false
      clearTimeout(again)
      stream.close()
      open()
    }
    addEventListener('offline', off)
    addEventListener('online', on)
    return () => {
      removeEventListener('offline', off)
      removeEventListener('online', on)
      stream.close()
      clearTimeout(again)
      clearTimeout(silent)
      timers.forEach(clearTimeout)
    }
  }, [queryClient])
  return lost
}

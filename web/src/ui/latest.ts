import { useCallback, useLayoutEffect, useRef } from 'react'

/** useLatest is one function for good that does what the newest one does, so that what gets it is not drawn again. */
export function useLatest<A extends unknown[], R>(does: (...args: A) => R): (...args: A) => R {
  const latest = useRef(does)
  useLayoutEffect(() => {
    latest.current = does
  })
  return useCallback((...args: A) => latest.current(...args), [])
}

/** useSame keeps a value while its key stays, so that what is equal is not drawn again. */
export function useSame<T>(value: T, key: string): T {
  const kept = useRef({ value, key })
  if (kept.current.key !== key) kept.current = { value, key }
  return kept.current.value
}

import { QueryClient } from '@tanstack/react-query'
import { Failure } from '../api/client'

/** How often lists that change by themselves are read again, should the gateway not have said that they changed. */
export const every = 15_000

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      retry: (count, error) => count < 2 && !(error instanceof Failure && error.status < 500),
    },
  },
})

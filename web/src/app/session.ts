import { queryOptions } from '@tanstack/react-query'
import { ask, client, Failure, type Schemas } from '../api/client'

export type Session = Schemas['Session']
export type Gate = { session: Session } | { session: undefined; setUp: Schemas['SetUp'] }

/** gate says who is signed in, or else how one can. A demo signs its visitor in. */
export const gate = queryOptions({
  queryKey: ['session'],
  staleTime: 60_000,
  queryFn: async (): Promise<Gate> => {
    const setUp = await ask(client.GET('/api/v1/setup'))
    if (setUp.session) return { session: setUp.session }
    if (setUp.demo && !sessionStorage.getItem('signed-out')) {
      try {
        return { session: await ask(client.POST('/api/v1/session', { body: { demo: true } })) }
      } catch (error) {
        if (!(error instanceof Failure)) throw error // from another machine: sign in as anybody else
      }
    }
    return { session: undefined, setUp }
  },
})

/** may reports whether a person's role allows what needs a scope. */
export function may(session: Session, scope: 'read' | 'operate' | 'write' | 'admin'): boolean {
  return (session.scopes ?? []).includes(scope)
}

import createClient from 'openapi-fetch'
import { isProofNeeded, prove } from './proof'
import type { components, paths } from './schema'

export type Schemas = components['schemas']
export type Problem = Schemas['Problem']

/** signedOut is told when the gateway no longer knows the session, and when it refuses something to who has one. */
export const signedOut = new EventTarget()

export const client = createClient<paths>({ baseUrl: '', credentials: 'same-origin' })

let workspace: string | undefined

/** stayIn has every request say in which workspace this page is: in another tab the session may have gone elsewhere. */
export function stayIn(id: string) {
  workspace = id
}

// What was sent, for a request that is sent again: its body can be read only once.
const sent = new WeakMap<Request, Request>()

client.use({
  onRequest({ request }) {
    // Another site's page can't send this header, so the gateway knows that the console asks.
    request.headers.set('X-Cordboard-Console', '1')
    if (workspace) request.headers.set('X-Cordboard-Workspace', workspace)
    sent.set(request, request.clone())
    return request
  },
  async onResponse({ request, response }) {
    const again = sent.get(request)
    if (again && (await isProofNeeded(response))) return prove(again, response)
    if ((response.status === 401 || response.status === 403) && !new URL(request.url).pathname.startsWith('/api/v1/s')) signedOut.dispatchEvent(new Event(response.status === 401 ? 'signed-out' : 'refused'))
  },
})

/** words say a problem in the reader's language, where they know how; without them the gateway's own are taken. */
export const words: { of?: (p: Problem) => string | undefined; detail?: (message: string) => string | undefined } = {}

/** detailOf is what is wrong with one thing, with what to do about it. */
export function detailOf(e: NonNullable<Problem['errors']>[number]): string {
  const message = words.detail?.(e.message) ?? e.message
  return e.remedy ? `${message}; ${e.remedy}` : message
}

/** Failure is an answer of the API that says no, with what it says. */
export class Failure extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem | undefined,
    readonly reference: string,
  ) {
    super((problem && words.of?.(problem)) || problem?.detail || problem?.title || `HTTP ${status}`)
  }
  /** field is what the API says about one field, or undefined. */
  field(path: string): string | undefined {
    const found = this.problem?.errors?.find((e) => e.path === path)
    return found && detailOf(found)
  }
}

type Answer<T> = { data?: T; error?: unknown; response: Response }

/** ask returns what the API answers with, or throws a Failure. */
export async function ask<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call
  if (!response.ok) throw new Failure(response.status, error as Problem | undefined, response.headers.get('X-Request-Id') ?? '')
  return data as T
}

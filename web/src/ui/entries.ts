import { useDebouncedValue } from '@mantine/hooks'
import { useQueries } from '@tanstack/react-query'
import { ask, client, type Schemas } from '../api/client'
import type { Fields, Json } from '../flow/document'

/** Entry is one thing that a provider has, or wants to have filled in. */
export type Entry = Schemas['Option']

/** pages is how many pages of a list are read at most: a search narrows it at the provider, or finds it on a later page. */
const pages = 5
const enough = 100

/** loadOptions asks a connection's loader for what matches, page by page until there is enough to choose from. */
export async function loadOptions(connection: string, list: string, search: string, input: Fields): Promise<Entry[]> {
  const found: Entry[] = []
  let after: string | undefined
  for (let page = 0; page < pages && found.length < enough; page++) {
    const answer = await ask(client.POST('/api/v1/connections/{connection}/options', { params: { path: { connection } }, body: { list, search, input, after } as never }))
    found.push(...(answer.items ?? []))
    after = answer.next
    if (!after) break
  }
  return found
}

/**
 * useEntries is what the provider wants filled in, by the name of the list or map that holds it: the places of a template,
 * once it is chosen in the same form. Fields of which nothing is known are left out, and stay as they are without it.
 */
export function useEntries(fields: Schemas['Field'][], connection: string | undefined, values: Fields): Record<string, Entry[] | undefined> {
  const asking = fields.filter((f) => f.entries)
  // What is filled in below does not decide what there is to fill in.
  const [input] = useDebouncedValue(JSON.stringify(Object.fromEntries(Object.entries(values).filter(([name]) => !asking.some((f) => f.name === name)))), 300)
  const known = useQueries({
    queries: asking.map((f) => ({
      queryKey: ['connections', connection, 'entries', f.entries, input],
      queryFn: () => loadOptions(connection ?? '', f.entries ?? '', '', JSON.parse(input) as Fields),
      enabled: !!connection,
      retry: false,
      staleTime: 60_000,
    })),
  })
  return Object.fromEntries(asking.flatMap((f, i) => (known[i].data?.length ? [[f.name, known[i].data]] : [])))
}

function asList(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : []
}

function asMap(value: Json | undefined): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

/** withRest adds what is filled in and not asked for, so that it is seen and can be taken out. */
export function withRest(entries: Entry[], map: boolean, value: Json | undefined): Entry[] {
  if (map) {
    const rest = Object.keys(asMap(value)).filter((key) => !entries.some((e) => e.value === key))
    return [...entries, ...rest.map((key) => ({ value: key, label: key }))]
  }
  const rest = asList(value).slice(entries.length)
  return [...entries, ...rest.map((_, i) => ({ value: `#${entries.length + i + 1}`, label: String(entries.length + i + 1) }))]
}

/** entryOf is what one entry holds: a map's by its key, a list's by where it stands. */
export function entryOf(value: Json | undefined, map: boolean, key: string, at: number): Json | undefined {
  return map ? asMap(value)[key] : asList(value)[at]
}

/** withEntry is the list or map with another text in one entry; one that holds nothing is left out altogether. */
export function withEntry(value: Json | undefined, map: boolean, key: string, at: number, text: string): Json | undefined {
  if (map) {
    const { [key]: _, ...others } = asMap(value)
    const next = text === '' ? others : { ...others, [key]: text }
    return Object.keys(next).length > 0 ? next : undefined
  }
  const next = [...asList(value)]
  while (next.length <= at) next.push('')
  next[at] = text
  while (next.length > 0 && next[next.length - 1] === '') next.pop()
  return next.length > 0 ? next : undefined
}

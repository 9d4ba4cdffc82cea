import type { Json } from '../../flow/document'
import { lookUp, type Group } from './catalog'

/** Datum is something that a step can read, with the value that it is tried with and what is within it. */
export interface Datum {
  path: string // event.customer.phone, event.line_items[0].title
  label: string
  type: Type
  value: Json | undefined
  children: Datum[]
}

export const types = ['text', 'number', 'boolean', 'time', 'list', 'object', 'any'] as const
export type Type = (typeof types)[number]

/** Source is where data comes from: what started the flow, the contact or a step. */
export interface Source {
  title: string
  step?: string // the id of the step that yields it
  data: Datum[]
}

const kinds: Record<string, Type> = { string: 'text', integer: 'number', number: 'number', boolean: 'boolean', time: 'time', duration: 'text', list: 'list', map: 'object', object: 'object' }

function typeOf(kind: string, value: Json | undefined): Type {
  if (kinds[kind]) return kinds[kind]
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'object' && value !== null) return 'object'
  return typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'boolean' : 'any'
}

/** How many items of a list, and how deep a value, is shown: a sample tells the shape. */
const items = 5
const depths = 6

/** within is what a value holds, by its own keys. */
function within(path: string, value: Json | undefined, depth: number): Datum[] {
  if (typeof value !== 'object' || value === null || depth >= depths) return []
  const entries: [string, string, Json][] = Array.isArray(value)
    ? value.slice(0, items).map((v, i) => [`${path}[${i}]`, `[${i}]`, v])
    : Object.entries(value).map(([k, v]) => [/^[A-Za-z_]\w*$/.test(k) ? `${path}.${k}` : `${path}[${JSON.stringify(k)}]`, k, v])
  return entries.map(([at, label, v]) => ({ path: at, label, type: typeOf('any', v), value: v, children: within(at, v, depth + 1) }))
}

/** sources makes trees of what a step can read: objects have their fields within them, and samples what they hold. */
export function sources(groups: Group[], tried: { [name: string]: Json }): Source[] {
  return groups.map((g) => {
    const data: Datum[] = []
    const root = g.step ? 2 : 1
    for (const item of g.items) {
      const parts = item.path.split('.')
      let level = data
      for (let n = root + 1; n < parts.length; n++) {
        const path = parts.slice(0, n).join('.')
        let parent = level.find((d) => d.path === path)
        if (!parent) level.push((parent = { path, label: parts[n - 1], type: 'object', value: lookUp(tried, path), children: [] }))
        level = parent.children
      }
      const value = lookUp(tried, item.path)
      level.push({ path: item.path, label: item.label, type: typeOf(item.kind, value), value, children: within(item.path, value, 0) })
    }
    return { title: g.title, step: g.step, data }
  })
}

/** found leaves what fits a search, with what it stands in. */
export function found(all: Datum[], text: string): Datum[] {
  const low = text.toLowerCase()
  return all.flatMap((d) => {
    if (`${d.path} ${d.label}`.toLowerCase().includes(low)) return [d]
    const children = found(d.children, text)
    return children.length > 0 ? [{ ...d, children }] : []
  })
}

/** tell is a value in one line. */
export function tell(value: Json | undefined): string | undefined {
  if (value === undefined || value === '') return undefined
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

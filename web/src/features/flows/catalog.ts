import type { Schemas } from '../../api/client'
import type { Field, Type } from '../../ui/schema-fields'
import type { Flow, Json, Path, Step } from '../../flow/document'

/** Catalog is what a flow may use: the installed connectors and the workspace's connections. */
export interface Catalog {
  connectors: Schemas['Connector'][]
  connections: Schemas['Connection'][]
}

export function action(c: Catalog, name: string): (Schemas['Action'] & { connector: Schemas['Connector'] }) | undefined {
  const [connector, rest] = split(name)
  const found = c.connectors.find((x) => x.name === connector)
  const a = found?.manifest.actions?.find((x) => x.name === rest)
  return found && a && { ...a, connector: found }
}

export function trigger(c: Catalog, name: string): (Schemas['Trigger'] & { connector: Schemas['Connector'] }) | undefined {
  const [connector, rest] = split(name)
  const found = c.connectors.find((x) => x.name === connector)
  const tr = found?.manifest.triggers?.find((x) => x.name === rest)
  return found && tr && { ...tr, connector: found }
}

function split(name: string): [string, string] {
  const dot = name.indexOf('.')
  return dot < 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot + 1)]
}

export function connectionsOf(c: Catalog, name: string): string[] {
  const [connector] = split(name)
  return c.connections.filter((x) => x.connector === connector).map((x) => x.name)
}

/** Datum is something that a step can read. */
export interface Datum {
  path: string // event.customer.phone
  label: string
  kind: string
}

/** Group is what one step, or the trigger, lets others read. */
export interface Group {
  title: string
  step?: string // the id of the step that yields it
  items: Datum[]
}

/** Samples are what steps have yielded when they were tested, by id. */
export type Samples = { [id: string]: Json }

/** data lists what a step can read: what started the flow, the contact and what ran before. */
export function data(c: Catalog, flow: Flow, path: Path, earlier: Step[]): Group[] {
  const groups: Group[] = []
  const on = trigger(c, String(flow.trigger.on ?? ''))
  if (on) groups.push({ title: on.title, items: leaves(on.output, 'event') })
  if (flow.trigger.on === 'webhook') groups.push({ title: 'webhook', items: ['body', 'headers', 'query'].map((f) => ({ path: `event.${f}`, label: f, kind: 'any' })) })
  groups.push({
    title: 'contact',
    items: ['phone', 'email', 'name'].map((f) => ({ path: `contact.${f}`, label: f, kind: 'string' })),
  })
  if (path.includes('on_error')) groups.push({ title: 'error', items: ['kind', 'message', 'detail', 'step'].map((f) => ({ path: `error.${f}`, label: f, kind: 'string' })) })
  const at = path.join('.')
  const inside = (s: Step) => at.startsWith(`${[...s.path, 'steps'].join('.')}.`)
  for (const s of earlier.filter((s) => (s.kind === 'for_each' || s.kind === 'repeat') && inside(s))) {
    const as = (s.fields.for_each as { as?: unknown } | undefined)?.as
    groups.push({
      title: s.id,
      items: [
        ...(as ? [{ path: String(as), label: String(as), kind: 'any' }] : []),
        { path: 'iteration.number', label: 'iteration.number', kind: 'integer' },
        { path: 'iteration.index', label: 'iteration.index', kind: 'integer' },
      ],
    })
  }
  for (const s of earlier) {
    const own = s.kind === 'http' ? ['status', 'headers', 'body'] : (s.kind === 'for_each' || s.kind === 'repeat') && !inside(s) ? ['count', 'met', 'results'] : []
    if (own.length > 0) groups.push({ title: s.id, step: s.id, items: own.map((f) => ({ path: `steps.${s.id}.${f}`, label: f, kind: 'any' })) })
    if (s.kind === 'customer_response')
      groups.push({
        title: s.id,
        items: [
          { path: `steps.${s.id}.outcome`, label: 'outcome', kind: 'string' },
          { path: `steps.${s.id}.reply.text`, label: 'reply.text', kind: 'string' },
        ],
      })
    const a = s.kind === 'do' ? action(c, String(s.fields.do ?? '')) : undefined
    if (a && (a.output.fields?.length ?? 0) > 0) groups.push({ title: s.id, step: s.id, items: leaves(a.output, `steps.${s.id}`) })
  }
  return groups
}

function leaves(type: Type, path: string, depth = 0): Datum[] {
  return (type.fields ?? []).flatMap((f): Datum[] => {
    const at = `${path}.${f.name}`
    if (f.type.kind === 'object' && depth < 4) return leaves(f.type, at, depth + 1)
    return [{ path: at, label: f.label || f.name, kind: f.type.kind }]
  })
}

/** Hints are the values that a flow compares fields with, so that a sample takes the flow somewhere. */
export type Hints = Map<string, Json>

export function hints(text: string): Hints {
  const out: Hints = new Map()
  for (const [, name, quoted, number] of text.matchAll(/\b(\w+)\s*==\s*(?:["']([^"']+)["']|(\d+))/g)) out.set(name, quoted ?? Number(number))
  return out
}

/** sample is an event as the trigger's schema has it, to begin a test with. */
export function sample(type: Type | undefined, h: Hints): { [key: string]: Json } {
  if (!type) return {}
  return Object.fromEntries((type.fields ?? []).map((f) => [f.name, one(f, h)]))
}

function one(f: Field, h: Hints): Json {
  const hint = h.get(f.name)
  if (hint !== undefined && f.type.kind !== 'object' && f.type.kind !== 'list') return hint
  if (f.default !== undefined && f.default !== null) return f.default as Json
  if (f.one_of?.length) return f.one_of[0]
  switch (f.type.kind) {
    case 'object':
      return sample(f.type, h)
    case 'list':
      return f.type.elem?.kind === 'object' ? [sample(f.type.elem, h)] : []
    case 'map':
      return {}
    case 'integer':
    case 'number':
      return 1
    case 'boolean':
      return true
    case 'time':
      return '2026-01-01T09:00:00Z'
    case 'duration':
      return '1h'
  }
  if (f.format === 'phone' || /phone/.test(f.name)) return '+34600111222'
  if (f.format === 'email' || /email/.test(f.name)) return 'ana@example.com'
  if (/name/.test(f.name)) return 'Ana'
  return f.name
}

/** webhookSample is what a request to a flow's own address looks like. */
export const webhookSample = { method: 'POST', query: {}, headers: { 'content-type': 'application/json' }, body: { contact: { phone: '+34600111222', email: 'ana@example.com' } } }

/** eventSample is what starts the flow, to begin a test with. */
export function eventSample(c: Catalog, text: string, on: string): { [key: string]: Json } {
  return on === 'webhook' ? webhookSample : sample(trigger(c, on)?.output, hints(text))
}

/** Known is what a real run, or a test, has brought in the place of what is made up. */
export interface Known {
  event?: Json
  contact?: { [name: string]: Json }
  steps: Samples
}

/** values are what the expressions of a step are tried with: the event, and for what ran before what it would yield. */
export function values(c: Catalog, flow: Flow, path: Path, earlier: Step[], event: Json, known: Known = { steps: {} }): { [name: string]: Json } {
  const steps: { [id: string]: Json } = {}
  let vars: { [name: string]: Json } = {}
  for (const s of earlier) {
    const a = s.kind === 'do' ? action(c, String(s.fields.do ?? '')) : undefined
    if (a) steps[s.id] = sample(a.output, new Map())
    if (s.kind === 'http') steps[s.id] = { status: 200, headers: {}, body: {} }
    if (s.kind === 'customer_response') steps[s.id] = { outcome: 'replied', reply: { text: 'yes' } }
    if (s.kind === 'for_each' || s.kind === 'repeat') steps[s.id] = { count: 1, met: false, results: [] }
    const brought = known.steps[s.id]
    if (s.kind === 'set') vars = { ...vars, ...(brought as { [name: string]: Json } | undefined) }
    else if (brought !== undefined) steps[s.id] = brought
  }
  const out: { [name: string]: Json } = {
    event: known.event ?? event,
    contact: { phone: '+34600111222', email: 'ana@example.com', name: 'Ana', language: 'en', tags: [], lists: [], fields: {}, ...known.contact },
    steps,
    vars,
    error: { kind: 'permanent', message: 'Refused', detail: '', step: '' },
    reply: { text: 'yes' },
    iteration: { index: 0, number: 1 },
    flow: { name: flow.name },
  }
  const at = path.join('.')
  for (const s of earlier) {
    const loop = s.fields.for_each as { in?: unknown; as?: unknown } | undefined
    if (!loop?.as || !(at === s.path.join('.') || at.startsWith(`${s.path.join('.')}.`))) continue
    const list = lookUp(out, String(loop.in ?? ''))
    out[String(loop.as)] = (Array.isArray(list) ? list[0] : undefined) ?? null
  }
  return out
}

/** lookUp reads the value at a path such as event.customer.phone. */
export function lookUp(from: { [name: string]: Json }, path: string): Json | undefined {
  return path.split('.').reduce<Json | undefined>((v, key) => (typeof v === 'object' && v !== null && !Array.isArray(v) ? v[key] : undefined), from)
}

/** knownOf is what a run has brought: what started it, whom it is about and what its steps yielded. */
export function knownOf(run: Schemas['RunDetail']): Known {
  const steps: Samples = {}
  for (const s of run.steps ?? []) {
    const brought = s.kind === 'set' ? s.input : s.output
    if (brought !== undefined) steps[s.id] = brought as Json
  }
  return { event: run.event?.data as Json | undefined, contact: run.contact ? { phone: run.contact.phone ?? '', email: run.contact.email ?? '', name: run.contact.name ?? '' } : undefined, steps }
}

/** ownTriggers are those that no connector brings, besides the events that flows emit. */
export const ownTriggers = ['message', 'webhook', 'schedule', 'date', 'manual', 'run.failed', 'wait.late_reply', 'contact.created', 'contact.tag_added', 'contact.tag_removed', 'contact.list_added', 'contact.list_removed', 'contact.field_changed', 'contact.consent_changed', 'contact.blocked'] as const

/** narrowedBy names what a trigger of ours may be narrowed to. */
export const narrowedBy: Record<string, string> = { 'contact.tag_added': 'tag', 'contact.tag_removed': 'tag', 'contact.list_added': 'list', 'contact.list_removed': 'list', 'contact.field_changed': 'field', 'contact.consent_changed': 'after' }

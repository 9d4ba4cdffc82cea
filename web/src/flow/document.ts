/**
 * The flow document as the console edits it. Its text is the only truth: each change parses the text, changes one place
 * and writes it again, so that comments and what the console does not know stay as they are.
 */
import { Document, isMap, isScalar, isSeq, parseDocument, Scalar, type YAMLMap, type YAMLSeq } from 'yaml'

/** Path leads to a place in the document, such as ["steps", 0, "then", 1]. */
export type Path = (string | number)[]

export const kinds = ['do', 'http', 'if', 'switch', 'for_each', 'repeat', 'customer_response', 'delay', 'set', 'contact', 'emit', 'start_flow', 'end_runs', 'respond', 'fail', 'stop'] as const
export type Kind = (typeof kinds)[number]

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type Fields = { [key: string]: Json }

/** Step is one step with its place. */
export interface Step {
  path: Path
  id: string
  kind: Kind | undefined // undefined: the document has something here that is no step
  fields: Fields
  branches: Branch[]
}

/** Branch is one way on from a step. */
export interface Branch {
  name: string // default, no_response, then, case 1, …
  path: Path // of its list of steps
  steps: Step[]
  present: boolean // whether the document has the list
}

export interface Flow {
  name: string
  title: string
  trigger: Fields
  contact: Fields
  perContact: string
  /** How often the flow may start for one contact within ten minutes; undefined: as the gateway is set. */
  contactRate: number | undefined
  steps: Step[]
}

export interface Parsed {
  flow: Flow | undefined // undefined: the text is no YAML object
  error?: string
}

export function parse(text: string): Parsed {
  const doc = parseDocument(text)
  if (doc.errors.length > 0) return { flow: undefined, error: doc.errors[0].message.split('\n')[0] }
  const root = doc.toJS() as Json
  if (!isObject(root)) return { flow: undefined, error: 'name: …' }
  return {
    flow: {
      name: String(root.name ?? ''),
      title: String(root.title ?? ''),
      trigger: object(root.trigger),
      contact: object(root.contact),
      perContact: String(root.per_contact ?? 'allow'),
      contactRate: typeof root.contact_rate === 'number' ? root.contact_rate : undefined,
      steps: steps(root.steps, ['steps']),
    },
  }
}

function isObject(v: Json | undefined): v is Fields {
  return typeof v === 'object' && v !== null && !Array.isArray(v)
}

function object(v: Json | undefined): Fields {
  return isObject(v) ? v : {}
}

function steps(list: Json | undefined, path: Path): Step[] {
  if (!Array.isArray(list)) return []
  return list.map((v, i) => step(object(v), [...path, i]))
}

function step(fields: Fields, path: Path): Step {
  const kind = kinds.find((k) => k in fields)
  return { path, id: String(fields.id ?? ''), kind, fields, branches: branches(kind, fields, path) }
}

/** The branches that each kind of step has; the optional ones only if the document has them. */
const always: Partial<Record<Kind, string[]>> = { if: ['then', 'else'], customer_response: ['default', 'no_response'], switch: ['otherwise'], for_each: ['steps'], repeat: ['steps'] }
const sometimes: Partial<Record<Kind, string[]>> = { customer_response: ['invalid', 'undelivered'], do: ['on_error'], http: ['on_error'] }

function branches(kind: Kind | undefined, fields: Fields, path: Path): Branch[] {
  if (!kind) return []
  const out: Branch[] = []
  if (kind === 'switch' && Array.isArray(fields.cases)) {
    fields.cases.forEach((c, i) => {
      const at = [...path, 'cases', i, 'then']
      out.push({ name: `case ${i + 1}`, path: at, steps: steps(object(c).then, at), present: true })
    })
  }
  for (const name of [...(always[kind] ?? []), ...(sometimes[kind] ?? []).filter((n) => n in fields)]) {
    const at = [...path, name]
    out.push({ name, path: at, steps: steps(fields[name], at), present: name in fields })
  }
  return out
}

/** all lists every step of a flow in the order of the document. */
export function all(list: Step[]): Step[] {
  return list.flatMap((s) => [s, ...s.branches.flatMap((b) => all(b.steps))])
}

/** before lists the steps that have run for certain, or may have, when the step at path begins. */
export function before(flow: Flow, path: Path): Step[] {
  const key = path.join('.')
  const out: Step[] = []
  const walk = (list: Step[]): boolean => {
    for (const s of list) {
      const here = s.path.join('.')
      if (here === key) return true
      if (key.startsWith(`${here}.`)) {
        out.push(s)
        return s.branches.some((b) => key.startsWith(`${b.path.join('.')}.`) && walk(b.steps)) || true
      }
      out.push(...all([s]))
    }
    return false
  }
  walk(flow.steps)
  return out
}

function edit(text: string, change: (doc: Document.Parsed) => void): string {
  const doc = parseDocument(text)
  change(doc)
  return doc.toString({ lineWidth: 0, flowCollectionPadding: true })
}

/** set puts a value at a path; undefined removes what is there, and objects that are then empty. */
export function set(text: string, path: Path, value: Json | undefined): string {
  return edit(text, (doc) => {
    if (value === undefined) {
      doc.deleteIn(path)
      prune(doc, path.slice(0, -1))
      return
    }
    makeWay(doc, path)
    const node = doc.createNode(value)
    const there = doc.getIn(path, true)
    if (isScalar(there) && isScalar(node)) node.comment = there.comment // it stays behind the new value
    // A text that spans lines is easier to read as a block.
    if (node instanceof Scalar && typeof value === 'string' && value.includes('\n')) node.type = Scalar.BLOCK_LITERAL
    doc.setIn(path, node)
  })
}

/** makeWay turns what is null on the way into an object, as in "with:" with nothing behind it. */
function makeWay(doc: Document.Parsed, path: Path) {
  for (let i = 1; i < path.length; i++) {
    const at = path.slice(0, i)
    const there = doc.getIn(at, true)
    if (!isMap(there) && !isSeq(there)) doc.setIn(at, doc.createNode(typeof path[i] === 'number' ? [] : {}))
  }
}

function prune(doc: Document.Parsed, path: Path) {
  const name = path.at(-1)
  const there = doc.getIn(path, true)
  if (path.length > 1 && (name === 'with' || name === 'contact' || name === 'retry' || name === 'headers' || name === 'query') && isMap(there) && there.items.length === 0) doc.deleteIn(path)
}

/** insert puts a step into a list at an index. */
export function insert(text: string, list: Path, index: number, fields: Fields): string {
  return edit(text, (doc) => {
    makeWay(doc, [...list, 0])
    const seq = doc.getIn(list, true) as YAMLSeq
    seq.flow = false
    seq.items.splice(index, 0, doc.createNode(fields))
  })
}

/** remove takes a step out of its list. */
export function remove(text: string, path: Path): string {
  return edit(text, (doc) => {
    doc.deleteIn(path)
    const list = doc.getIn(path.slice(0, -1), true)
    if (isSeq(list) && list.items.length === 0) list.flow = true
  })
}

/** move puts a step one place up or down in its list; at the end of the list it stays. */
export function move(text: string, path: Path, by: -1 | 1): { text: string; path: Path } {
  const index = path.at(-1) as number
  const to = index + by
  const moved = [...path.slice(0, -1), to]
  let done = false
  const out = edit(text, (doc) => {
    const seq = doc.getIn(path.slice(0, -1), true) as YAMLSeq
    if (to < 0 || to >= seq.items.length) return
    const [item] = seq.items.splice(index, 1)
    seq.items.splice(to, 0, item)
    done = true
  })
  return done ? { text: out, path: moved } : { text, path }
}

/** get reads the value at a path. */
export function get(text: string, path: Path): Json | undefined {
  const node = parseDocument(text).getIn(path, true) as YAMLMap | undefined
  return node?.toJSON() as Json | undefined
}

/** freshID is an id that no step has, made from a wish. */
export function freshID(flow: Flow, wish: string): string {
  const taken = new Set(all(flow.steps).map((s) => s.id))
  const base = wish.replace(/[^a-z0-9_]+/g, '_').replace(/^[^a-z]+/, '') || 'step'
  if (!taken.has(base)) return base
  for (let n = 2; ; n++) if (!taken.has(`${base}_${n}`)) return `${base}_${n}`
}

/** blank is a new step of a kind, as far as it can be filled in. */
export function blank(flow: Flow, kind: Kind, action?: string): Fields {
  const id = freshID(flow, kind === 'do' ? (action?.split('.')[1] ?? 'step') : { http: 'request', for_each: 'each', repeat: 'again', respond: 'reply', if: 'check', switch: 'choose', customer_response: 'answer', delay: 'pause', set: 'set', contact: 'mark', emit: 'tell', start_flow: 'start', end_runs: 'end_others', fail: 'fail', stop: 'end' }[kind])
  switch (kind) {
    case 'do':
      return { id, do: action ?? '' }
    case 'http':
      return { id, http: { url: 'https://' } }
    case 'for_each':
      return { id, for_each: { in: '', as: 'item', max: 100 }, steps: [] }
    case 'repeat':
      return { id, repeat: { until: '', max: 3 }, steps: [] }
    case 'respond':
      return { id, respond: { json: {} } }
    case 'if':
      return { id, if: '', then: [] }
    case 'switch':
      return { id, switch: null, cases: [{ when: '', then: [] }], otherwise: [] }
    case 'customer_response':
      return { id, customer_response: { within: '2h' }, default: [], no_response: [] }
    case 'delay':
      return { id, delay: { for: '1h' } }
    case 'set':
      return { id, set: {} }
    case 'fail':
      return { id, fail: { message: '' } }
    case 'contact':
      return { id, contact: { add_tags: [] } }
    case 'emit':
      return { id, emit: { event: '' } }
    case 'start_flow':
      return { id, start_flow: { flow: '' } }
    case 'end_runs':
      return { id, end_runs: { flows: 'all' } }
    case 'stop':
      return { id, stop: {} }
  }
}

/** blankFlow is the text of a new flow. */
export function blankFlow(name: string, title: string): string {
  const doc = new Document({ name, ...(title ? { title } : {}), trigger: { on: 'manual' }, steps: [] })
  return doc.toString()
}

/** renamed is a flow's text under another name and title; what is no flow stays as it is. */
export function renamed(text: string, name: string, title: string): string {
  const doc = parseDocument(text)
  if (doc.errors.length > 0 || !isMap(doc.contents)) return text
  doc.set('name', name)
  if (title || doc.has('title')) doc.set('title', title)
  if (text.trimStart().startsWith('{')) return new Document(doc.toJS()).toString() // as JSON it would be hard to read
  return doc.toString()
}

/** namesIn reads a flow's name and title, which a text may lack. */
export function namesIn(text: string): { name?: string; title?: string } {
  const { flow } = parse(text)
  return { name: flow?.name || undefined, title: flow?.title || undefined }
}

/** pathOf reads a path as the API writes it, such as steps[0].then[1].with.to. */
export function pathOf(text: string): Path {
  return text.split(/[.[\]]+/).filter(Boolean).map((part) => (/^\d+$/.test(part) ? Number(part) : part))
}

/** owner is the key of the innermost step, or the part of the document, that a problem's path belongs to. */
export function owner(flow: Flow, problemPath: string): string {
  const key = pathOf(problemPath).join('.')
  let found = key.startsWith('steps') ? '' : key.split('.')[0] === 'contact' || key.split('.')[0] === 'trigger' ? 'trigger' : ''
  for (const s of all(flow.steps)) {
    const at = s.path.join('.')
    if (key === at || key.startsWith(`${at}.`)) found = at
  }
  return found
}

import { describe, expect, it } from 'vitest'
import { before, parse, type Flow } from '../../flow/document'
import { data, hints, knownOf, lookUp, sample, values } from './catalog'

describe('data', () => {
  const flow = parse(`name: a
trigger: { on: manual }
steps:
  - id: each
    for_each: { in: event.items, as: item, max: 5 }
    steps:
      - { id: look, http: { url: https://example.com } }
      - { id: note, set: {} }
  - { id: after, set: {} }`).flow as Flow
  const paths = (path: (string | number)[]) => data({ connectors: [], connections: [] }, flow, path, before(flow, path)).flatMap((g) => g.items.map((d) => d.path)).filter((p) => !p.startsWith('contact.'))
  it('has the item within the loop, and what came of it after it', () => {
    expect(paths(['steps', 0, 'steps', 1])).toEqual(['item', 'iteration.number', 'iteration.index', 'steps.look.status', 'steps.look.headers', 'steps.look.body'])
    expect(paths(['steps', 1])).toEqual(['steps.each.count', 'steps.each.met', 'steps.each.results', 'steps.look.status', 'steps.look.headers', 'steps.look.body'])
  })
})

describe('sample', () => {
  const type = {
    kind: 'object',
    fields: [
      { name: 'items', type: { kind: 'list', elem: { kind: 'object', fields: [{ name: 'product_id', type: { kind: 'integer' } }] } } },
      { name: 'phone', type: { kind: 'string' }, format: 'phone' },
      { name: 'state', type: { kind: 'string' }, one_of: ['open', 'closed'] },
      { name: 'country', type: { kind: 'string' } },
    ],
  }
  it('is what the flow asks for, where it asks', () => {
    const text = 'if: event.items.exists(i, i.product_id == 632910392) && event.country == "ES"'
    expect(sample(type, hints(text))).toEqual({ items: [{ product_id: 632910392 }], phone: '+34600111222', state: 'open', country: 'ES' })
  })
  it('is empty for a trigger without a schema', () => {
    expect(sample(undefined, new Map())).toEqual({})
  })
})

describe('values', () => {
  const flow = parse(`name: a
trigger: { on: manual }
steps:
  - { id: note, set: { total: 1 } }
  - { id: look, http: { url: https://example.com } }
  - { id: end, stop: {} }`).flow as Flow
  const none = { connectors: [], connections: [] }
  const at = ['steps', 2]
  it('are what a test has brought, and made up where none has', () => {
    const made = values(none, flow, at, before(flow, at), { id: 1 })
    expect([lookUp(made, 'event.id'), lookUp(made, 'steps.look.status'), lookUp(made, 'vars.total')]).toEqual([1, 200, undefined])
    const brought = values(none, flow, at, before(flow, at), { id: 1 }, { steps: { look: { status: 404 }, note: { total: 7 } } })
    expect([lookUp(brought, 'event.id'), lookUp(brought, 'steps.look.status'), lookUp(brought, 'vars.total')]).toEqual([1, 404, 7])
  })
  it('are what a run has brought', () => {
    const run = { event: { data: { id: 9 } }, contact: { phone: '+34600000001' }, steps: [{ id: 'note', kind: 'set', input: { total: 3 } }, { id: 'look', kind: 'http', output: { status: 201 } }, { id: 'end', kind: 'stop' }] }
    const brought = values(none, flow, at, before(flow, at), {}, knownOf(run as never))
    expect([lookUp(brought, 'event.id'), lookUp(brought, 'contact.phone'), lookUp(brought, 'contact.language'), lookUp(brought, 'steps.look.status'), lookUp(brought, 'vars.total')]).toEqual([9, '+34600000001', 'en', 201, 3])
  })
})

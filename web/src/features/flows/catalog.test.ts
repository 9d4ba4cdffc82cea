import { describe, expect, it } from 'vitest'
import { before, parse, type Flow } from '../../flow/document'
import { data, hints, sample } from './catalog'

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

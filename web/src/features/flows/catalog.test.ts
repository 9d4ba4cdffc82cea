import { describe, expect, it } from 'vitest'
import { hints, sample } from './catalog'

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

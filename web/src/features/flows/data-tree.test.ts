import { describe, expect, it } from 'vitest'
import { found, sources } from './data-tree'

const groups = [
  { title: 'Order paid', items: [{ path: 'event.name', label: 'Name', kind: 'string' }, { path: 'event.customer.phone', label: 'Phone', kind: 'string' }, { path: 'event.line_items', label: 'Items', kind: 'list' }] },
  { title: 'call', step: 'call', items: [{ path: 'steps.call.body', label: 'body', kind: 'any' }] },
]
const tried = { event: { name: '#1', customer: { phone: '+34' }, line_items: [{ id: 7 }] }, steps: { call: { body: { 'x-id': 'a', ok: true } } } }

describe('sources', () => {
  const [event, call] = sources(groups, tried)
  it('puts fields into their objects, which can be chosen as a whole', () => {
    expect(event.data.map((d) => [d.path, d.type])).toEqual([['event.name', 'text'], ['event.customer', 'object'], ['event.line_items', 'list']])
    expect(event.data[1].children[0]).toMatchObject({ path: 'event.customer.phone', value: '+34' })
  })
  it('shows what a sample holds, written as an expression reads it', () => {
    expect(event.data[2].children[0].children[0]).toMatchObject({ path: 'event.line_items[0].id', type: 'number', value: 7 })
    expect(call.data[0].children.map((d) => d.path)).toEqual(['steps.call.body["x-id"]', 'steps.call.body.ok'])
  })
  it('finds by path and label, and keeps what it stands in', () => {
    expect(found(event.data, 'PHONE').map((d) => [d.path, d.children.length])).toEqual([['event.customer', 1]])
    expect(found(event.data, 'nothing')).toEqual([])
  })
})

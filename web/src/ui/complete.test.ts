import { describe, expect, it } from 'vitest'
import { completions, pieceAt } from './complete'

describe('the name that is being written', () => {
  it.each([
    ['event.cu', 8, true, 'event.cu'],
    ['event.total > con', 17, true, 'con'],
    ['event.total > ', 14, true, undefined],
    ["event.name == 'eve", 18, true, undefined],
    ["event.name == 'it' && ste", 25, true, 'ste'],
    ['Hello eve', 9, false, undefined],
    ['Hello {{ eve', 12, false, 'eve'],
    ['Hello {{ ', 9, false, ''],
    ['Hello {{ event.name }} con', 26, false, undefined],
    ['Hello {{ event.name }}', 14, false, 'event'],
  ])('of %j at %i', (text, caret, expression, want) => expect(pieceAt(text, caret, expression)).toBe(want))
})

describe('completions', () => {
  const names = ['event.total', 'event.customer.phone', 'contact.phone'].map((path) => ({ path, label: path.split('.').at(-1)! }))
  const of = (piece: string) => completions(names, piece).map((n) => n.path)
  it('has what begins with the piece, then what holds it', () => {
    expect(of('con')).toEqual(['contact.phone'])
    expect(of('phone')).toEqual(['event.customer.phone', 'contact.phone'])
    expect(of('event.')).toEqual(['event.total', 'event.customer.phone'])
    expect(of('')).toHaveLength(3)
  })
  it('has nothing for a whole name', () => expect(of('event.total')).toEqual([]))
})

import { describe, expect, it } from 'vitest'
import { namesOf, pieces, stepsIn, without } from './pieces'

const codes = (text: string) => pieces(text).map((p) => p.code)

describe('pieces', () => {
  it.each([
    ['', []],
    ['no braces', []],
    ['Hello {{ contact.name }}, {{event.id}}', ['contact.name', 'event.id']],
    ['open {{ contact.name', []],
    ["{{ '}}' + contact.name }} end", ["'}}' + contact.name"]],
    ['{{ "a \\" }}" }}!', ['"a \\" }}"']],
    ['{{ a }}{{ b }}', ['a', 'b']],
  ])('of %s', (text, want) => expect(codes(text)).toEqual(want))
  it('have their places', () => expect(pieces('ab {{ c }} d')).toEqual([{ from: 3, to: 10, code: 'c' }]))
})

describe('stepsIn', () => {
  it.each([
    ['steps.ask.id', ['ask']],
    ["steps.a.x == 'steps.b' ? steps.c.y : event.steps.d", ['a', 'c']],
    ['contact.phone', []],
  ])('%s', (code, want) => expect(stepsIn(code)).toEqual(want))
})

describe('namesOf', () => {
  it.each([
    ['steps.ask.messages[0].id', { from: 'ask', path: 'messages[0].id' }],
    ['event.customer.phone', { from: 'event', path: 'customer.phone' }],
    ['contact.name + "!"', undefined],
    ['iteration', undefined],
  ])('%s', (code, want) => expect(namesOf(code)).toEqual(want))
})

it('without leaves no space behind', () => {
  const take = (text: string) => without(text, pieces(text)[0])
  expect(take('Hello {{ a }}.')).toBe('Hello.')
  expect(take('Hello {{ a }} you')).toBe('Hello you')
  expect(take('{{ a }} you')).toBe('you')
})

import { expect, it } from 'vitest'
import { entryOf, withEntry, withRest } from './entries'

const places = [{ value: '1', label: '{{1}}' }, { value: '2', label: '{{2}}' }]

it('the second place of a list can be filled in before the first, and is emptied again', () => {
  const filled = withEntry(undefined, false, '2', 1, 'b')
  expect(filled).toEqual(['', 'b'])
  expect(entryOf(filled, false, '2', 1)).toBe('b')
  expect(withEntry(filled, false, '1', 0, 'a')).toEqual(['a', 'b'])
  expect(withEntry(filled, false, '2', 1, '')).toBeUndefined()
})

it('a named place is filled in and taken out by its name', () => {
  const filled = withEntry({ order: '#1' }, true, 'name', 0, 'Ana')
  expect(filled).toEqual({ order: '#1', name: 'Ana' })
  expect(withEntry(withEntry(filled, true, 'name', 0, ''), true, 'order', 1, '')).toBeUndefined()
})

it('what is filled in without being asked for is still seen', () => {
  expect(withRest(places, false, ['a', 'b', 'c']).map((e) => e.label)).toEqual(['{{1}}', '{{2}}', '3'])
  expect(withRest(places, true, { 1: 'a', old: 'b' }).map((e) => e.value)).toEqual(['1', '2', 'old'])
})

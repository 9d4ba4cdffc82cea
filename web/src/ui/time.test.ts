import { expect, test } from 'vitest'
import { shown, took } from './time'

const now = Date.parse('2026-11-28T12:00:00Z')

test('what was is told by how long ago it was, what will be by its date', () => {
  expect(shown('2026-11-28T11:55:00Z', now, 'en')).toBe('5 min. ago')
  expect(shown('2026-11-28T12:00:30Z', now, 'en')).toBe('now') // by another clock
  expect(shown('2027-11-28T12:00:00Z', now, 'en')).toContain('2027')
})

test('what takes a moment is told by tenths of a second', () => {
  expect([0, 0.42, 9.96, 61, 7260].map((s) => took(s, 'en'))).toEqual(['0 sec', '0.4 sec', '10 sec', '1 min 1 sec', '2 hr 1 min'])
})

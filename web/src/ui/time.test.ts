import { expect, test } from 'vitest'
import { shown } from './time'

const now = Date.parse('2026-11-28T12:00:00Z')

test('what was is told by how long ago it was, what will be by its date', () => {
  expect(shown('2026-11-28T11:55:00Z', now, 'en')).toBe('5 min. ago')
  expect(shown('2026-11-28T12:00:30Z', now, 'en')).toBe('now') // by another clock
  expect(shown('2027-11-28T12:00:00Z', now, 'en')).toContain('2027')
})

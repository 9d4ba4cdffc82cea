import { expect, test } from 'vitest'
import { moved, stretchOf } from './ahead'

test('what the address says of the time is read, or taken for a week', () => {
  expect(stretchOf({ period: 'hour' })).toEqual({ period: 'hour' })
  expect(stretchOf({ period: 'year' })).toEqual({ period: 'week' })
  expect(stretchOf({ since: '2026-03-01', until: '2026-03-10', period: 'day' })).toEqual({ since: '2026-03-01', until: '2026-03-10' })
  expect(stretchOf({ since: '2026-03-01' })).toEqual({ period: 'week' })
  expect(stretchOf({ since: '2026-13-01', until: '2026-13-02' })).toEqual({ period: 'week' })
})

test.each([
  ['an earlier first day', { since: '2026-02-20' }, { since: '2026-02-20', until: '2026-03-10' }],
  ['a first day after the last', { since: '2026-04-01' }, { since: '2026-04-01', until: '2026-04-10' }],
  ['a first day too long before', { since: '2025-03-01' }, { since: '2025-03-01', until: '2025-03-10' }],
  ['a last day before the first', { until: '2026-02-01' }, { since: '2026-01-23', until: '2026-02-01' }],
  ['the same day', { until: '2026-03-01' }, { since: '2026-03-01', until: '2026-03-01' }],
])('%s', (_, to, want) => {
  expect(moved({ since: '2026-03-01', until: '2026-03-10' }, to)).toEqual(want)
})

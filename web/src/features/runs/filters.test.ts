import { expect, it } from 'vitest'
import { queryOf } from './filters'

it('asks for what the filters say, and leaves out what it does not know', () => {
  const now = Date.parse('2026-05-06T12:00:00Z')
  expect(queryOf({ status: 'failed', flow: 'verify', version: '3', failure: 'permanent', since: '24', longer: '60', contact: 'cnt_1' }, now)).toEqual({
    status: 'failed', flow: 'verify', version: 3, failure: 'permanent', since: '2026-05-05T12:00:00.000Z', longer_than_seconds: 60, contact: 'cnt_1', phase: undefined,
  })
  expect(Object.values(queryOf({ status: 'odd', version: 'x', since: 'long', longer: '-1', phase: '?', failure: '?' }, now)).filter((v) => v !== undefined)).toEqual([])
})

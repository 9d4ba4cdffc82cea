import { describe, expect, it } from 'vitest'
import { limitsToTry, share, withLimit, type Question } from './question'

const q = {
  flow: 'verify', step: 'answer', asked: 12, decided: 10, late: 2, limit_seconds: 5400,
  waits: { open: 1, replied: 6, no_response: 4, invalid: 0, undelivered: 1, cancelled: 0 },
  curve: [
    { seconds: 30, answers: 2 },
    { seconds: 3000, answers: 6 },
    { seconds: 9000, answers: 8 },
  ],
} as Question

describe('another limit', () => {
  it.each([
    [60, 2, -4],
    [5400, 6, 0],
    [9000, 6, 0], // at the limit is late
    [10_800, 8, 2],
  ])('of %d s', (seconds, replies, more) => {
    expect(withLimit(q, seconds)).toEqual({ replies, of: 10, more })
  })
  it('is tried around the one that holds, which is among them', () => {
    const limits = limitsToTry(q)
    expect(limits[0]).toBe(60)
    expect(limits).toContain(5400)
    expect(limits[limits.length - 1]).toBe(21_600)
    expect([...limits].sort((a, b) => a - b)).toEqual(limits)
  })
  it('is tried where nothing is known', () => {
    expect(limitsToTry({ ...q, limit_seconds: undefined, curve: [] }).length).toBeGreaterThan(1)
  })
})

it('a share of nothing is a dash', () => {
  expect(share(0, 0, 'en')).toBe('–')
  expect(share(2, 3, 'en')).toBe('66.7%')
})

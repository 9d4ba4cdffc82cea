import { describe, expect, it } from 'vitest'
import { answered, around, change, stretches, ticks, timeTicks } from './scale'

describe('ticks', () => {
  it.each([
    [0, [0, 1]],
    [1, [0, 1]],
    [3, [0, 1, 2, 3]],
    [7, [0, 2, 4, 6, 8]],
    [100, [0, 50, 100]],
    [1234, [0, 500, 1000, 1500]],
  ])('of %d', (max, want) => {
    expect(ticks(max)).toEqual(want)
  })
})

describe('ticks of times', () => {
  it.each([
    [0, [0, 1]],
    [0.4, [0, 0.1, 0.2, 0.30000000000000004, 0.4]],
    [7, [0, 2, 4, 6, 8]],
    [100, [0, 30, 60, 90, 120]],
    [7200, [0, 1800, 3600, 5400, 7200]],
    [400_000, [0, 172_800, 345_600, 518_400]],
  ])('of %d s', (max, want) => {
    expect(timeTicks(max)).toEqual(want)
  })
})

it('a line is divided where there is no value', () => {
  expect(stretches([undefined, 1, 2, undefined, undefined, 3])).toEqual([
    [
      { at: 1, value: 1 },
      { at: 2, value: 2 },
    ],
    [{ at: 5, value: 3 }],
  ])
})

describe('answered', () => {
  const curve = [
    { seconds: 10, answers: 1 },
    { seconds: 60, answers: 5 },
    { seconds: 3600, answers: 6 },
  ]
  it.each([
    [0, 0],
    [10, 0], // an answer at the limit is late
    [11, 1],
    [3600, 5],
    [1e9, 6],
  ])('within %d s', (seconds, want) => {
    expect(answered(curve, seconds)).toBe(want)
  })
  it('of nobody', () => {
    expect(answered([], 60)).toBe(0)
  })
})

it('spans reach beyond both ends', () => {
  expect(around(45, 5000)).toEqual([30, 60, 120, 300, 600, 900, 1800, 3600, 7200])
  expect(around(0.5, 1)).toEqual([1, 5])
})

it('a change needs something to compare with', () => {
  expect(change(3, 0)).toBeUndefined()
  expect(change(3, 2)).toBe(0.5)
})

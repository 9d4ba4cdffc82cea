import { expect, test } from 'vitest'
import type { Schemas } from '../../api/client'
import { axisOf, rowsOf } from './waterfall'

const start = Date.parse('2026-11-28T12:00:00Z')
const at = (ms: number) => new Date(start + ms).toISOString()
const step = (id: string, kind: string, from: number, until?: number, more: Partial<Schemas['Step']> = {}): Schemas['Step'] =>
  ({ id, kind, status: until === undefined ? 'active' : 'succeeded', started_at: at(from), ended_at: until === undefined ? undefined : at(until), ...more }) as Schemas['Step']
const call = (number: number, from: number, until: number, outcome: Schemas['Attempt']['outcome'] = 'succeeded') => ({ number, attempt: number, started_at: at(from), ended_at: at(until), outcome }) as Schemas['Attempt']

const hour = 3_600_000
const asked = [
  step('verify', 'do', 0, 200, { attempts: [call(1, 0, 200)] }),
  step('answer', 'customer_response', 200, 2 * hour),
  step('guide', 'do', 2 * hour, 2 * hour + 5000, { attempts: [call(1, 2 * hour, 2 * hour + 100, 'retryable'), call(2, 2 * hour + 4900, 2 * hour + 5000)] }),
]

test('a step is a row, and so is each of several calls', () => {
  const rows = rowsOf(asked, start + 3 * hour)
  expect(rows.map((r) => r.key)).toEqual(['verify', 'answer', 'guide', 'guide/1', 'guide/2'])
  expect(rows[0]!.stretches.map((s) => s.tone)).toEqual(['call'])
  expect(rows[1]!.stretches.map((s) => s.tone)).toEqual(['idle'])
  expect(rows[2]!.stretches.map((s) => s.tone)).toEqual(['failed', 'idle', 'call'])
  expect(rows[3]).toMatchObject({ attempt: 1, status: 'failed', from: start + 2 * hour, until: start + 2 * hour + 100 })
})

test('what goes on lasts until now, and what was not begun has no row', () => {
  const rows = rowsOf([step('a', 'set', 0, 0), step('wait', 'delay', 0), { ...step('later', 'do', 0), started_at: undefined }], start + 1000)
  expect(rows.map((r) => [r.key, r.live, r.until - r.from])).toEqual([
    ['a', false, 0],
    ['wait', true, 1000],
  ])
})

test('steps stand in the order in which they were begun', () => {
  expect(rowsOf([step('b', 'set', 10, 20), step('a', 'set', 0, 5, { iteration: '2' })], start).map((r) => r.key)).toEqual(['a #2', 'b'])
})

test('to scale, two hours of waiting leave nothing for the rest', () => {
  const { place, cuts } = axisOf(rowsOf(asked, start), false)
  expect(cuts).toEqual([])
  expect(place(start)).toBe(0)
  expect(place(start + hour)).toBeCloseTo(0.5, 2)
  expect(place(start + 2 * hour + 5000)).toBe(1)
})

test('short, waiting takes a bounded share, and places keep their order', () => {
  const rows = rowsOf(asked, start)
  const { place, cuts } = axisOf(rows, true)
  expect(cuts.map((c) => c.length)).toEqual([2 * hour - 200, 4800])
  for (const c of cuts) expect(c.until - c.from).toBeLessThanOrEqual(0.13)
  const places = rows.flatMap((r) => r.stretches.flatMap((s) => [s.from, s.until])).sort((a, b) => a - b).map(place)
  expect(places).toEqual([...places].sort((a, b) => a - b))
  expect(places[0]).toBe(0)
  expect(places[places.length - 1]).toBe(1)
})

test.each([
  ['nothing', []],
  ['a step that took no time', [step('a', 'set', 0, 0)]],
  ['waiting alone', [step('a', 'delay', 0, hour)]],
  ['many waits', Array.from({ length: 60 }, (_, i) => [step(`w${i}`, 'delay', i * hour, (i + 1) * hour - 10), step(`s${i}`, 'do', (i + 1) * hour - 10, (i + 1) * hour, { attempts: [call(1, (i + 1) * hour - 10, (i + 1) * hour)] })]).flat()],
])('%s can be drawn', (_, steps) => {
  const rows = rowsOf(steps, start)
  for (const short of [true, false]) {
    const { place } = axisOf(rows, short)
    for (const r of rows)
      for (const n of [place(r.from), place(r.until)]) {
        expect(n).toBeGreaterThanOrEqual(0)
        expect(n).toBeLessThanOrEqual(1)
      }
  }
})

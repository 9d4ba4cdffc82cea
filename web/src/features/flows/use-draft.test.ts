import { describe, expect, it } from 'vitest'
import { history } from './use-draft'

describe('history', () => {
  const start = { past: [], text: 'a', future: [] }
  it('goes back and forth', () => {
    const b = history(start, { do: 'edit', text: 'b' })
    const back = history(b, { do: 'undo' })
    expect(back.text).toBe('a')
    expect(history(back, { do: 'redo' }).text).toBe('b')
    expect(history(history(back, { do: 'edit', text: 'c' }), { do: 'redo' }).text).toBe('c')
  })
  it('counts no change that is none, and ends at both ends', () => {
    expect(history(start, { do: 'edit', text: 'a' })).toBe(start)
    expect(history(start, { do: 'undo' })).toBe(start)
    expect(history(start, { do: 'redo' })).toBe(start)
  })
  it('remembers 200 steps', () => {
    let h: Parameters<typeof history>[0] = start
    for (let i = 0; i < 300; i++) h = history(h, { do: 'edit', text: String(i) })
    expect(h.past.length).toBe(200)
  })
})

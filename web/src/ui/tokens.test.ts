import { describe, expect, it } from 'vitest'
import { themes, type Tokens } from './tokens'

/** contrast is the ratio of WCAG 2.2, from 1 to 21. */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

const statuses = ['ok', 'running', 'waiting', 'warning', 'failed', 'neutral'] as const

describe.each(Object.entries(themes))('theme %s', (_, t: Tokens) => {
  it.each(['text', 'text-2', 'text-3', 'accent', ...statuses] as const)('%s can be read on both grounds', (name) => {
    expect(contrast(t[name], t.bg)).toBeGreaterThanOrEqual(4.5)
    expect(contrast(t[name], t.surface)).toBeGreaterThanOrEqual(4.5)
  })
  it.each(statuses)('%s can be read on its soft colour', (name) => {
    expect(contrast(t[name], t[`${name}-soft`])).toBeGreaterThanOrEqual(4.5)
  })
  it('controls have a border that can be seen', () => {
    expect(contrast(t['border-strong'], t.surface)).toBeGreaterThanOrEqual(3)
    expect(contrast(t['border-strong'], t.bg)).toBeGreaterThanOrEqual(3)
  })
  it.each(['ok', 'waiting', 'warning', 'failed', 'neutral'] as const)('areas of %s in charts can be told from the ground', (name) => {
    expect(contrast(t[`chart-${name}`], t.surface)).toBeGreaterThanOrEqual(3)
  })
  it('text on the accent can be read', () => {
    expect(contrast(t['on-accent'], t.accent)).toBeGreaterThanOrEqual(4.5)
  })
})

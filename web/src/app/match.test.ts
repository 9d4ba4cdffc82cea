import { describe, expect, it } from 'vitest'
import { place, rank } from './match'

describe('rank', () => {
  it.each([
    ['Verify the purchase', 'ver', true],
    ['Verify the purchase', 'purchase ver', true],
    ['Verificación de José', 'jose verificacion', true],
    ['Verify the purchase', 'urch', true],
    ['Verify the purchase', 'verify order', false],
    ['Verify', '', true],
  ])('%s by "%s"', (text, typed, fits) => {
    expect(rank(text, typed) !== undefined).toBe(fits)
  })
  it('puts the beginning of a word before its middle, and early words first', () => {
    expect(rank('Runs', 'ru')).toBeLessThan(rank('Prune runs', 'ru')!)
    expect(rank('Prune runs', 'ru')).toBeLessThan(rank('Prune', 'ru')!)
  })
})

describe('place', () => {
  it('knows runs, contacts and requests by id, however it was pasted', () => {
    expect(place(' run_06h1y8amnxzjtjnhwrtxxf6v0m ')).toEqual({ to: '/runs/$id', id: 'run_06H1Y8AMNXZJTJNHWRTXXF6V0M' })
    expect(place('cnt_06H1Y8AMNQ1J0MWWDWNDEFAFAM')?.to).toBe('/contacts/$id')
    expect(place('req_06H1Y8AMNQ1J0MWWDWNDEFAFAM')?.to).toBe('/webhooks/in')
  })
  it.each(['run_1', 'flow_06H1Y8AMNQ1J0MWWDWNDEFAFAM', 'runs'])('does not take %s for one', (id) => {
    expect(place(id)).toBeUndefined()
  })
})

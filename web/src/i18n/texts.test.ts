import { describe, expect, it } from 'vitest'
import { en } from './en'
import { es } from './es'
import { it as italian } from './it'
import { withMany } from './many'

type Tree = { [key: string]: string | Tree }

function flat(tree: Tree, path = ''): Map<string, string> {
  return new Map(Object.entries(tree).flatMap(([k, v]) => (typeof v === 'string' ? [[path + k, v] as const] : [...flat(v, `${path}${k}.`)])))
}
const places = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map((m) => m[1]).sort()

describe.each([['es', es], ['it', italian]] as const)('%s', (_, texts) => {
  const english = flat(en as unknown as Tree)
  const other = flat(texts as unknown as Tree)
  it('has the keys of English and no others', () => {
    expect([...other.keys()].sort()).toEqual([...english.keys()].sort())
  })
  it.each([...english])('has the same places in %s', (key, text) => {
    expect(places(other.get(key) ?? '')).toEqual(places(text))
  })
})

describe('withMany', () => {
  it('reads a million as any other number', () => {
    expect(withMany({ a: { n_one: 'una', n_other: '{{count}} cosas' } })).toEqual({ a: { n_one: 'una', n_other: '{{count}} cosas', n_many: '{{count}} cosas' } })
  })
})

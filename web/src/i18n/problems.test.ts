import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { details, problems, said } from './problems'

const places = (text: string) => [...text.matchAll(/{(\w+)}/g)].map((m) => m[1]).sort()
const english = new Map([...readFileSync('../core/internal/api/problems.go', 'utf8').matchAll(/^\t"([a-z-]+)": +"(.*)",$/gm)].map((m) => [m[1], m[2]]))

describe.each(['es', 'it'] as const)('%s', (language) => {
  it('says what the gateway refuses and nothing else', () => {
    expect(english.size).toBeGreaterThan(20)
    expect(Object.keys(problems[language]).sort()).toEqual([...english.keys()].sort())
  })
  it.each([...english])('has the same places in %s', (code, text) => {
    expect(places(problems[language][code as 'stale'])).toEqual(places(text))
  })
})

describe('said', () => {
  const problem = { title: 'Too Many Requests', status: 429, detail: 'Too many tries. Try again in 1m5s.' }
  it('is said by the type', () => {
    expect(said({ ...problem, type: 'urn:cordboard:throttled', values: { span: '65' } }, 'es')).toBe('Demasiados intentos. Prueba otra vez en 1 min 5 s.')
    expect(said({ ...problem, type: 'urn:cordboard:connection-taken', values: { name: '$& {span}' } }, 'it')).toBe('C’è già una connessione di nome «$& {span}».')
  })
  it('leaves what it does not know to the gateway', () => {
    expect(said(problem, 'es')).toBeUndefined()
    expect(said({ ...problem, type: 'urn:cordboard:made-later' }, 'es')).toBeUndefined()
  })
})

describe('details', () => {
  const access = '../core/internal/access'
  const source = readdirSync(access)
    .filter((file) => file.endsWith('.go') && !file.endsWith('_test.go'))
    .map((file) => readFileSync(`${access}/${file}`, 'utf8'))
    .join('')
  it.each(Object.keys(details))('are the words of the gateway: %s', (message) => {
    expect(source).toContain(`"${message}"`)
  })
})

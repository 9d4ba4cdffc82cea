import { readFileSync } from 'node:fs'
import type { TFunction } from 'i18next'
import { describe, expect, it } from 'vitest'
import { sentence, sentences } from './sentences'

const places = (text: string) => [...text.matchAll(/{(\w+)}/g)].map((m) => m[1]).sort()
const english = new Map([...readFileSync('../core/internal/inspect/sentence.go', 'utf8').matchAll(/^\t"([a-z_.]+)": +"(.*)",$/gm)].map((m) => [m[1], m[2]]))
const t = ((key: string, { defaultValue }: { defaultValue: string }) => ({ 'state.delivered': 'Entregado' })[key] ?? defaultValue) as unknown as TFunction

describe.each(['es', 'it'] as const)('%s', (language) => {
  it('says what the gateway says and nothing else', () => {
    expect(english.size).toBeGreaterThan(50)
    expect(Object.keys(sentences[language]).sort()).toEqual([...english.keys()].sort())
  })
  it.each([...english])('has the same places in %s', (code, text) => {
    expect(places(sentences[language][code as 'run.failed'])).toEqual(places(text))
  })
})

describe('sentence', () => {
  const entry = { at: '2026-11-27T04:00:00Z', kind: 'message', code: 'message.sent_text', values: { text: '“¿Sí?”', state: 'delivered' }, text: 'Sent the message “¿Sí?”; it is delivered.' } as const
  it('is said in the reader’s language', () => {
    expect(sentence(entry, 'es', t)).toBe('Se envió el mensaje “¿Sí?”; estado: entregado.')
    expect(sentence(entry, 'en', t)).toBe(entry.text)
  })
  it('has spans and instants as the language writes them', () => {
    const fired = { ...entry, kind: 'wait', code: 'wait.fired', values: { at: '2026-11-27T05:00:00Z', span: '3720' } } as const
    expect(sentence(fired, 'it', t)).toMatch(/^Nessuna risposta; la scadenza era 27 nov 2026.*, 1 (h|ora) 2 min prima\.$/)
    expect(sentence({ ...entry, kind: 'call', code: 'call.well_span', values: { n: '1', exactly: '0.25' } }, 'es', t)).toBe('El intento 1 salió bien en 0,25 s.')
  })
  it('does not read a value as another place', () => {
    expect(sentence({ ...entry, code: 'message.wrote_text', values: { text: '{state} $& {why}' } }, 'es', t)).toBe('El contacto escribió: {state} $& {why}')
  })
})

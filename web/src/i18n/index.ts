import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { words } from '../api/client'
import type { en, Messages } from './en'
import { withMany } from './many'

/** languages are those that the console speaks, each named in itself. */
export const languages: Record<string, string> = { en: 'English', es: 'Español', it: 'Italiano' }

/** A browser loads the texts of its own language and no others. */
const texts: Record<string, () => Promise<Messages>> = {
  en: async () => (await import('./en')).en,
  es: async () => (await import('./es')).es,
  it: async () => (await import('./it')).it,
}

const remembered = 'language'

function wanted(): string {
  const chosen = localStorage.getItem(remembered)
  return [chosen, ...navigator.languages].map((l) => l?.slice(0, 2) ?? '').find((l) => l in languages) ?? 'en'
}

i18next.on('languageChanged', (language) => {
  document.documentElement.lang = language
  void wording(language)
})

/** wording has what the gateway refuses be said in a language. */
async function wording(language: string) {
  words.of = words.detail = undefined
  if (language !== 'es' && language !== 'it') return
  const { details, said } = await import('./problems')
  if (i18next.language !== language) return
  words.of = (p) => said(p, language)
  words.detail = (message) => details[message]?.[language]
}

async function load(language: string) {
  if (!i18next.hasResourceBundle(language, 'translation')) i18next.addResourceBundle(language, 'translation', withMany(await texts[language]()))
}

/** speak changes the language, and keeps it for the next time. */
export async function speak(language: string) {
  await load(language)
  localStorage.setItem(remembered, language)
  await i18next.changeLanguage(language)
}

/** ready is when the texts are there. */
export const ready = (async () => {
  const lng = wanted()
  const own = await texts[lng]()
  await i18next.use(initReactI18next).init({
    lng,
    fallbackLng: false,
    resources: { [lng]: { translation: withMany(own) } },
    interpolation: { escapeValue: false }, // React writes text as text
  })
})()

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en }
  }
}

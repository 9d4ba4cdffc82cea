import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { en, type Messages } from './en'
import { es } from './es'
import { it } from './it'

export const languages: Record<string, { name: string; texts: Messages }> = {
  en: { name: 'English', texts: en },
  es: { name: 'Español', texts: es },
  it: { name: 'Italiano', texts: it },
}

const remembered = 'language'

function wanted(): string {
  const chosen = localStorage.getItem(remembered)
  return [chosen, ...navigator.languages].map((l) => l?.slice(0, 2) ?? '').find((l) => l in languages) ?? 'en'
}

void i18next.use(initReactI18next).init({
  lng: wanted(),
  fallbackLng: 'en',
  resources: Object.fromEntries(Object.entries(languages).map(([code, { texts }]) => [code, { translation: texts }])),
  interpolation: { escapeValue: false }, // React writes text as text
})

function tell(language: string) {
  document.documentElement.lang = language
}
tell(i18next.language)
i18next.on('languageChanged', (language) => {
  localStorage.setItem(remembered, language)
  tell(language)
})

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en }
  }
}

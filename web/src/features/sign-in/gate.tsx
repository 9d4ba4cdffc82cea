import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { languages, speak } from '../../i18n'

/** Gate is the frame of every page for those who are not signed in. */
export function Gate({ title, children }: { title: string; children: ReactNode }) {
  const { t, i18n } = useTranslation()
  return (
    <main className="gate">
      <div className="card stack">
        <div className="brand">
          <img src="/favicon.svg" alt="" /> Cordboard
        </div>
        <h1 style={{ fontSize: 20, margin: 0 }}>{title}</h1>
        {children}
      </div>
      <div className="languages" role="group" aria-label={t('frame.language')}>
        {Object.entries(languages).map(([code, name]) => (
          <button key={code} type="button" className="link" lang={code} aria-pressed={i18n.language === code} onClick={() => void speak(code)}>
            {name}
          </button>
        ))}
      </div>
    </main>
  )
}

/** secretOf reads a secret from behind the # of the address, which browsers never send, and takes it out of there. */
export function secretOf(name: string): string {
  const value = new URLSearchParams(location.hash.slice(1)).get(name) ?? ''
  if (value) history.replaceState(null, '', location.pathname)
  return value
}

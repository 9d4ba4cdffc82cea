import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Notice } from '../../ui/page'
import { snippets } from './snippets'

/** Verify shows a receiver how to tell that a webhook is ours. */
export function Verify({ signature }: { signature: string }) {
  const { t } = useTranslation()
  const [language, setLanguage] = useState<keyof typeof snippets>('JavaScript')
  return (
    <details className="card">
      <summary className="card-head" style={{ borderBottom: 0 }}>
        <strong>{t('endpoint.verify')}</strong>
      </summary>
      <div className="stack" style={{ padding: '0 16px 16px' }}>
        <p className="dim" style={{ margin: 0 }}>
          {t('endpoint.verifyHelp')}
        </p>
        {signature === 'v1' ? (
          <>
            <SegmentedControl size="xs" aria-label={t('endpoint.language')} data={Object.keys(snippets)} value={language} onChange={(l) => setLanguage(l as keyof typeof snippets)} />
            <pre className="json mono" tabIndex={0} aria-label={`${t('endpoint.verify')}: ${language}`}>
              {snippets[language]}
            </pre>
          </>
        ) : (
          <Notice>{t('endpoint.verifyKey')}</Notice>
        )}
      </div>
    </details>
  )
}

import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useTitle } from '../ui/page'

export function NotFound() {
  const { t } = useTranslation()
  useTitle(t('notFound.title'))
  return (
    <div className="gate">
      <div className="card stack">
        <h1>{t('notFound.title')}</h1>
        <p className="dim">{t('notFound.text')}</p>
        <Button component={Link} to="/flows">
          {t('notFound.flows')}
        </Button>
      </div>
    </div>
  )
}

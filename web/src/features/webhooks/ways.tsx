import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'

/** Ways leads between the webhooks that go out and those that come in. */
export function Ways() {
  const { t } = useTranslation()
  return (
    <nav className="ways" aria-label={t('nav.webhooks')}>
      <Link to="/webhooks" activeOptions={{ exact: true }}>
        {t('requests.out')}
      </Link>
      <Link to="/webhooks/in">{t('requests.in')}</Link>
    </nav>
  )
}

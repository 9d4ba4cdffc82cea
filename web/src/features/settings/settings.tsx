import { Tabs } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useSession } from '../../app/frame'
import { settingsRoute } from '../../app/router'
import { Notice, Page } from '../../ui/page'
import { Account } from './account'
import { Audit } from './audit'
import { Calendars } from './calendars'
import { Fields } from './fields'
import { Lists } from './lists'
import { People } from './people'
import { Retention } from './retention'
import { Tokens } from './tokens'

export function Settings() {
  const { t } = useTranslation()
  const session = useSession()
  const admin = session.may('admin')
  const { tab } = settingsRoute.useSearch()
  const navigate = useNavigate({ from: '/settings' })
  return (
    <Page title={t('nav.settings')}>
      <Tabs value={tab ?? (admin ? 'people' : 'account')} onChange={(v) => void navigate({ search: { tab: v ?? undefined }, replace: true })} keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="people">{t('settings.people')}</Tabs.Tab>
          <Tabs.Tab value="tokens">{t('settings.tokens')}</Tabs.Tab>
          <Tabs.Tab value="calendars">{t('settings.calendars')}</Tabs.Tab>
          <Tabs.Tab value="fields">{t('settings.fields')}</Tabs.Tab>
          <Tabs.Tab value="lists">{t('settings.lists')}</Tabs.Tab>
          <Tabs.Tab value="retention">{t('settings.retention')}</Tabs.Tab>
          <Tabs.Tab value="audit">{t('settings.audit')}</Tabs.Tab>
          <Tabs.Tab value="account">{t('settings.account')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="people" pt="md">
          {admin ? <People /> : <Notice>{t('settings.needAdmin')}</Notice>}
        </Tabs.Panel>
        <Tabs.Panel value="tokens" pt="md">
          {admin ? <Tokens /> : <Notice>{t('settings.needAdmin')}</Notice>}
        </Tabs.Panel>
        <Tabs.Panel value="calendars" pt="md">
          {session.may('write') ? <Calendars /> : <Notice>{t('settings.needBuilder')}</Notice>}
        </Tabs.Panel>
        <Tabs.Panel value="fields" pt="md">
          {session.may('write') ? <Fields /> : <Notice>{t('settings.needBuilder')}</Notice>}
        </Tabs.Panel>
        <Tabs.Panel value="lists" pt="md">
          {session.may('write') ? <Lists /> : <Notice>{t('settings.needBuilder')}</Notice>}
        </Tabs.Panel>
        <Tabs.Panel value="retention" pt="md">
          {admin ? <Retention /> : <Notice>{t('settings.needAdmin')}</Notice>}
        </Tabs.Panel>
        <Tabs.Panel value="audit" pt="md">
          {admin ? <Audit /> : <Notice>{t('settings.needAdmin')}</Notice>}
        </Tabs.Panel>
        <Tabs.Panel value="account" pt="md">
          <Account />
        </Tabs.Panel>
      </Tabs>
    </Page>
  )
}

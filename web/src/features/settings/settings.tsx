import { Tabs } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useNavigate } from '@tanstack/react-router'
import { Fragment, useEffect, useRef, type ComponentType } from 'react'
import { useTranslation } from 'react-i18next'
import { useSession } from '../../app/frame'
import { settingsRoute } from '../../app/router'
import { Notice, Page } from '../../ui/page'
import { Account } from './account'
import { Audit } from './audit'
import { Calendars } from './calendars'
import { Fields } from './fields'
import { Keys } from './keys'
import { Lists } from './lists'
import { Notifications } from './notifications'
import { People } from './people'
import { Retention } from './retention'
import { System } from './system'
import './settings.css'
import { Tokens } from './tokens'

const groups = [
  ['workspace', ['people', 'tokens', 'notifications', 'retention', 'audit']],
  ['words', ['calendars', 'fields', 'lists']],
  ['gateway', ['sealing', 'system']],
  ['own', ['account']],
] as const
type Tab = (typeof groups)[number][1][number]

/** contents are what the tabs show, each with what somebody must be allowed for it. */
const contents: Record<Tab, [needs: 'read' | 'write' | 'admin', content: ComponentType]> = {
  people: ['admin', People],
  tokens: ['admin', Tokens],
  notifications: ['admin', Notifications],
  retention: ['admin', Retention],
  audit: ['admin', Audit],
  calendars: ['write', Calendars],
  fields: ['write', Fields],
  lists: ['write', Lists],
  sealing: ['admin', Keys],
  system: ['admin', System],
  account: ['read', Account],
}

export function Settings() {
  const { t } = useTranslation()
  const session = useSession()
  const { tab } = settingsRoute.useSearch()
  const navigate = useNavigate({ from: '/settings' })
  const wide = useMediaQuery('(min-width: 900px)', true, { getInitialValueInEffect: false })
  const shown = tab !== undefined && tab in contents ? tab : session.may('admin') ? 'people' : 'account'
  const row = useRef<HTMLDivElement>(null)
  useEffect(() => {
    void row.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest', inline: 'center' }) // a promise in newer browsers
  }, [shown, wide])
  return (
    <Page title={t('nav.settings')}>
      <Tabs
        className="settings" orientation={wide ? 'vertical' : 'horizontal'} variant="pills" value={shown} onChange={(v) => void navigate({ search: { tab: v ?? undefined }, replace: true })} keepMounted={false}
      >
        <Tabs.List aria-label={t('nav.settings')} ref={row}>
          {groups.map(([group, tabs]) => (
            <Fragment key={group}>
              {wide && (
                <div className="group" aria-hidden>
                  {t(`settings.group.${group}`)}
                </div>
              )}
              {tabs.map((tab) => (
                <Tabs.Tab key={tab} value={tab}>
                  {t(`settings.${tab}`)}
                </Tabs.Tab>
              ))}
            </Fragment>
          ))}
        </Tabs.List>
        {groups.flatMap(([, tabs]) =>
          tabs.map((tab) => {
            const [needs, Content] = contents[tab]
            return (
              <Tabs.Panel key={tab} value={tab}>
                <h2 className="settings-title">{t(`settings.${tab}`)}</h2>
                {session.may(needs) ? <Content /> : <Notice>{t(needs === 'admin' ? 'settings.needAdmin' : 'settings.needBuilder')}</Notice>}
              </Tabs.Panel>
            )
          }),
        )}
      </Tabs>
    </Page>
  )
}

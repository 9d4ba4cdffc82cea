import { ActionIcon, Button, Menu, useMantineColorScheme } from '@mantine/core'
import {
  IconAddressBook, IconBrandWhatsapp, IconChevronUp, IconLayoutDashboard, IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand, IconListDetails, IconMenu2, IconPlug, IconPuzzle, IconRoute, IconSearch, IconSettings, IconUser, IconWebhook,
} from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { createContext, lazy, Suspense, useCallback, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, signedOut, stayIn } from '../api/client'
import { proof } from '../api/proof'
import { languages, speak } from '../i18n'
import { Failed, Notice } from '../ui/page'
import { useLive } from './live'
import { gate, may, type Session } from './session'
import { useShortcuts } from './shortcuts'
import { Workspaces } from './workspaces'

const SessionContext = createContext<Session | undefined>(undefined)

/** useSession is who is signed in, and what they may do. */
export function useSession() {
  const session = useContext(SessionContext)
  if (!session) throw new Error('outside of the frame')
  return { ...session, may: (scope: Parameters<typeof may>[1]) => may(session, scope) }
}

const Drawer = lazy(async () => ({ default: (await import('../ui/layers')).Drawer }))
const palette = () => import('./palette')
const Palette = lazy(palette)
const Prove = lazy(() => import('../features/sign-in/prove'))
const Keys = lazy(() => import('./keys'))
const Enrol = lazy(() => import('../features/sign-in/enrol'))
const signIn = () => import('../features/sign-in/sign-in')
const SignIn = lazy(async () => ({ default: (await signIn()).SignIn }))

/** slimRail remembers that somebody wants more room for the page. */
const slimRail = 'rail-slim'

const places = [
  { to: '/', icon: IconLayoutDashboard, key: 'dashboard' },
  { to: '/flows', icon: IconRoute, key: 'flows' },
  { to: '/runs', icon: IconListDetails, key: 'runs' },
  { to: '/contacts', icon: IconAddressBook, key: 'contacts' },
  { to: '/connections', icon: IconPlug, key: 'connections' },
  { to: '/connectors', icon: IconPuzzle, key: 'connectors' },
  { to: '/webhooks', icon: IconWebhook, key: 'webhooks' },
  { to: '/settings', icon: IconSettings, key: 'settings' },
] as const

/** Frame is around every page of someone who is signed in; for anyone else it is the way in. */
export function Frame() {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const query = useQuery(gate)
  const [open, setOpen] = useState<boolean>() // undefined until it is for the first time
  const path = useLocation({ select: (l) => l.pathname })
  useEffect(() => setOpen((o) => o && false), [path])
  useEffect(() => {
    const again = () => {
      sessionStorage.setItem('signed-out', '1') // a demo does not make somebody else of who was signed out
      void queryClient.invalidateQueries({ queryKey: ['session'] })
    }
    const look = () => void queryClient.invalidateQueries({ queryKey: ['session'] }) // the role may be another, or a second factor asked for
    signedOut.addEventListener('signed-out', again)
    signedOut.addEventListener('refused', look)
    return () => {
      signedOut.removeEventListener('signed-out', again)
      signedOut.removeEventListener('refused', look)
    }
  }, [queryClient])
  const lacks = query.data?.session?.lacks_factor
  const [enrolling, setEnrolling] = useState(false)
  useEffect(() => {
    if (lacks !== false) setEnrolling(lacks === true)
  }, [lacks])
  const [listing, setListing] = useState(false)
  const list = useCallback(() => setListing(true), [])
  useShortcuts(list)
  const [searching, setSearching] = useState(false)
  // Loaded before they are asked for: who types at once after Ctrl-K loses no letter, and whose session ends signs in
  // even if the gateway has another console by then.
  useEffect(() => {
    const soon = setTimeout(() => void Promise.all([palette(), signIn()]).catch(() => undefined), 1_000)
    return () => clearTimeout(soon)
  }, [])
  const [slim, setSlim] = useState(() => localStorage.getItem(slimRail) !== null)
  const narrow = () => {
    if (slim) localStorage.removeItem(slimRail)
    else localStorage.setItem(slimRail, '1')
    setSlim(!slim)
  }
  const search = () => {
    setOpen(false)
    setSearching(true)
  }
  useEffect(() => {
    // Before anybody else sees it: an editor has a meaning of its own for these keys.
    const press = (e: KeyboardEvent) => {
      if (e.key.toLowerCase() !== 'k' || !(e.ctrlKey || e.metaKey) || e.shiftKey || e.altKey) return
      e.preventDefault()
      e.stopPropagation()
      setSearching((now) => !now)
    }
    addEventListener('keydown', press, true)
    return () => removeEventListener('keydown', press, true)
  }, [])

  // Whose session ends stays where they are: they sign in over the page, and nothing that they wrote is lost.
  const now = query.data?.session
  const [known, setKnown] = useState<Session>()
  useEffect(() => {
    if (!now || now === known) return
    if (known && (known.user.id !== now.user.id || known.workspace !== now.workspace)) location.reload() // nobody sees what another left open, or what is elsewhere
    else {
      stayIn(now.workspace)
      if (known) void queryClient.invalidateQueries({ predicate: (q) => q.queryKey[0] !== 'session' })
      setKnown(now)
    }
  }, [now, known, queryClient])
  const session = now ?? known
  const prove = useSyncExternalStore(proof.watch, proof.asked)

  if (query.isError && !query.data)
    return (
      <div className="gate">
        <Failed error={query.error} retry={() => void query.refetch()} />
      </div>
    )
  if (!query.data) return null
  const over = query.data.session ? undefined : query.data.setUp
  if (!session)
    return (
      <Suspense>
        <SignIn setUp={over!} />
      </Suspense>
    )
  if (!over && (lacks || enrolling))
    return (
      <SessionContext value={session}>
        <Suspense>
          <Enrol done={() => setEnrolling(false)} />
          {prove && <Prove session={session} end={prove} />}
        </Suspense>
      </SessionContext>
    )
  return (
    <SessionContext value={session}>
      {over && (
        <div className="cover" role="dialog" aria-modal aria-label={t('signIn.title')}>
          <Suspense>
            <SignIn setUp={over} ended={session.user.email} />
          </Suspense>
        </div>
      )}
      <a className="skip" href="#main">
        {t('frame.skip')}
      </a>
      <div className={slim ? 'frame slim' : 'frame'} inert={over !== undefined}>
        <nav className="rail" aria-label={t('frame.navigation')}>
          <Rail search={search} keys={list} slim={slim} narrow={narrow} />
        </nav>
        <div className="main">
          <div className="topbar">
            <ActionIcon variant="subtle" color="gray" size="lg" onClick={() => setOpen(true)} aria-label={t('frame.menu')}>
              <IconMenu2 size={20} />
            </ActionIcon>
            <strong className="grow">Cordboard</strong>
            <ActionIcon variant="subtle" color="gray" size="lg" onClick={search} aria-label={t('palette.label')}>
              <IconSearch size={20} />
            </ActionIcon>
          </div>
          <Reach />
          <main id="main" tabIndex={-1} className="grow">
            <Outlet />
          </main>
        </div>
      </div>
      <Suspense>
        {open !== undefined && (
          <Drawer opened={open} onClose={() => setOpen(false)} size={264} title="Cordboard" closeButtonProps={{ 'aria-label': t('do.close') }}>
            <nav className="rail drawer" aria-label={t('frame.navigation')}>
              <Rail search={search} keys={list} />
            </nav>
          </Drawer>
        )}
      </Suspense>
      <Suspense>{prove && <Prove session={session} end={prove} />}</Suspense>
      <Suspense>{listing && <Keys close={() => setListing(false)} />}</Suspense>
      <Suspense>{searching && <Palette opened close={() => setSearching(false)} />}</Suspense>
    </SessionContext>
  )
}

/** Reach tells while the gateway can't be heard, so that nobody takes what is old for what is so. */
function Reach() {
  const { t, i18n } = useTranslation()
  const lost = useLive()
  return (
    <div className="reach" role="status">
      {lost !== undefined && <Notice tone="warning">{t('frame.lost', { at: new Intl.DateTimeFormat(i18n.language, { timeStyle: 'medium' }).format(lost) })}</Notice>}
    </div>
  )
}

const apple = /Mac|iPhone|iPad/.test(navigator.platform)

/** Rail leads everywhere; slim it shows signs alone, and only what stands beside the page can be made narrow. */
function Rail({ search, keys, slim = false, narrow }: { search: () => void; keys: () => void; slim?: boolean; narrow?: () => void }) {
  const { t } = useTranslation()
  const session = useSession()
  return (
    <>
      <div className="brand">
        <img src="/favicon.svg" alt="" /> <span>Cordboard</span>
      </div>
      {!slim && <Workspaces session={session} />}
      <button type="button" className="search" onClick={search} title={slim ? t('palette.label') : undefined} aria-keyshortcuts={apple ? 'Meta+K' : 'Control+K'}>
        <IconSearch size={16} stroke={1.75} aria-hidden />
        <span>{t('palette.short')}</span>
        <kbd aria-hidden>{apple ? '⌘K' : 'Ctrl K'}</kbd>
      </button>
      {places.map(({ to, icon: Icon, key }) => (
        <Link key={to} to={to} activeOptions={{ exact: to === '/' }} title={slim ? t(`nav.${key}`) : undefined}>
          <Icon size={18} stroke={1.75} aria-hidden /> <span>{t(`nav.${key}`)}</span>
        </Link>
      ))}
      <div className="foot">
        {session.sandbox && !slim && (
          <Button component="a" href={session.sandbox} target="_blank" rel="noopener" variant="light" leftSection={<IconBrandWhatsapp size={16} />}>
            {t('frame.sandbox')}
          </Button>
        )}
        <Person session={session} keys={keys} slim={slim} />
        {narrow && (
          <ActionIcon variant="subtle" color="gray" size="lg" onClick={narrow} aria-label={t(slim ? 'frame.wide' : 'frame.slim')} aria-pressed={slim} title={t(slim ? 'frame.wide' : 'frame.slim')}>
            {slim ? <IconLayoutSidebarLeftExpand size={18} /> : <IconLayoutSidebarLeftCollapse size={18} />}
          </ActionIcon>
        )}
      </div>
    </>
  )
}

function Person({ session, keys, slim }: { session: Session; keys: () => void; slim: boolean }) {
  const { t, i18n } = useTranslation()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const leave = async () => {
    sessionStorage.setItem('signed-out', '1')
    await ask(client.DELETE('/api/v1/session'))
    location.assign('/') // a new page: nothing of the session stays in memory
  }
  return (
    <Menu position="top-start" width={216}>
      <Menu.Target>
        {slim ? (
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={session.user.name} title={session.user.name}>
            <IconUser size={18} stroke={1.75} />
          </ActionIcon>
        ) : (
          <Button variant="subtle" color="gray" justify="space-between" rightSection={<IconChevronUp size={14} />}>
            {session.user.name}
          </Button>
        )}
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('frame.theme')}</Menu.Label>
        {(['auto', 'light', 'dark'] as const).map((s) => (
          <Menu.Item key={s} onClick={() => setColorScheme(s)} aria-current={colorScheme === s}>
            {t(`theme.${s}`)} {colorScheme === s && '✓'}
          </Menu.Item>
        ))}
        <Menu.Label>{t('frame.language')}</Menu.Label>
        {Object.entries(languages).map(([code, name]) => (
          <Menu.Item key={code} onClick={() => void speak(code)} aria-current={i18n.language === code} lang={code}>
            {name} {i18n.language === code && '✓'}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={keys}>{t('frame.shortcuts')}</Menu.Item>
        <Menu.Item component="a" href="/api/docs" target="_blank" rel="noopener">
          {t('frame.api')}
        </Menu.Item>
        <Menu.Item onClick={() => void leave()}>{t('frame.signOut')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

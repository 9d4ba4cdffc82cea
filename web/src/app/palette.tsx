import { Loader, Modal, useMantineColorScheme } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import {
  IconAddressBook, IconArrowRight, IconChartHistogram, IconInbox, IconLayoutDashboard, IconListDetails, IconMoon, IconPlug, IconPuzzle, IconRoute, IconSearch, IconSettings, IconSun, IconWebhook,
} from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client } from '../api/client'
import { flowList } from './ahead'
import { place, rank } from './match'
import './palette.css'

interface Entry {
  key: string
  icon: typeof IconSearch
  name: string
  note?: string
  go: () => void
}

const pages = [
  { to: '/', key: 'dashboard', icon: IconLayoutDashboard },
  { to: '/flows', key: 'flows', icon: IconRoute },
  { to: '/runs', key: 'runs', icon: IconListDetails },
  { to: '/insight', key: 'insight', icon: IconChartHistogram },
  { to: '/contacts', key: 'contacts', icon: IconAddressBook },
  { to: '/connections', key: 'connections', icon: IconPlug },
  { to: '/connectors', key: 'connectors', icon: IconPuzzle },
  { to: '/webhooks', key: 'webhooks', icon: IconWebhook },
  { to: '/webhooks/in', key: 'requests', icon: IconInbox },
  { to: '/settings', key: 'settings', icon: IconSettings },
] as const

const most = 6

/** Palette goes anywhere by a few letters: to pages, flows and contacts, and to runs and requests by their ids. */
export default function Palette({ opened, close }: { opened: boolean; close: () => void }) {
  const { t } = useTranslation()
  return (
    <Modal opened={opened} onClose={close} withCloseButton={false} title={t('palette.label')} size={620} padding={0} yOffset="12vh" centered={false} classNames={{ header: 'visually-hidden' }}>
      <Search close={close} />
    </Modal>
  )
}

function Search({ close }: { close: () => void }) {
  const { t } = useTranslation()
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const id = useId()
  const { groups, busy } = useEntries(typed, close)
  const entries = groups.flatMap((g) => g.entries)
  const chosen = Math.min(at, entries.length - 1)
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [chosen, typed])
  const press = (e: KeyboardEvent) => {
    const moves: Record<string, number> = { ArrowDown: chosen + 1, ArrowUp: chosen - 1, PageDown: chosen + most, PageUp: chosen - most }
    if (e.key in moves && entries.length > 0) {
      e.preventDefault()
      const to = moves[e.key]
      const single = e.key.startsWith('Arrow')
      setAt(single ? (to + entries.length) % entries.length : Math.min(Math.max(to, 0), entries.length - 1))
    } else if (e.key === 'Enter' && entries[chosen]) {
      e.preventDefault()
      entries[chosen].go()
    }
  }
  let n = -1
  return (
    <div className="palette">
      <div className="palette-field">
        <IconSearch size={18} stroke={1.75} aria-hidden />
        <input
          data-autofocus
          role="combobox"
          aria-label={t('palette.label')}
          aria-expanded={entries.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={entries[chosen] ? `${id}-${chosen}` : undefined}
          aria-autocomplete="list"
          placeholder={t('palette.placeholder')}
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={(e) => {
            setTyped(e.currentTarget.value)
            setAt(0)
          }}
          onKeyDown={press}
        />
        {busy ? <Loader size={16} aria-hidden /> : <kbd>Esc</kbd>}
      </div>
      <div className="palette-list" id={`${id}-list`} role="listbox" aria-label={t('palette.results')} ref={list}>
        {groups.map((g) => (
          <div key={g.name} role="group" aria-label={g.name}>
            <div className="palette-group" aria-hidden>
              {g.name}
            </div>
            {g.entries.map((e) => {
              n++
              const i = n
              const Icon = e.icon
              return (
                <div key={e.key} id={`${id}-${i}`} role="option" aria-selected={i === chosen} onMouseMove={() => i !== chosen && setAt(i)} onClick={e.go}>
                  <Icon size={18} stroke={1.75} aria-hidden />
                  <span className="grow clamp">{e.name}</span>
                  {e.note && <span className="dim clamp">{e.note}</span>}
                </div>
              )
            })}
          </div>
        ))}
      </div>
      {entries.length === 0 && !busy && <p className="palette-none dim">{t('palette.none', { typed })}</p>}
      <div className="visually-hidden" role="status">
        {typed && !busy && t('palette.found', { count: entries.length })}
      </div>
      <div className="palette-foot dim" aria-hidden>
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> {t('palette.move')}
        </span>
        <span>
          <kbd>↵</kbd> {t('palette.open')}
        </span>
      </div>
    </div>
  )
}

function useEntries(typed: string, close: () => void): { groups: { name: string; entries: Entry[] }[]; busy: boolean } {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const [settled] = useDebouncedValue(typed.trim(), 200)
  const flows = useQuery(flowList)
  const searching = settled.length > 1
  const contacts = useQuery({
    queryKey: ['contacts', { search: settled, limit: most }],
    queryFn: () => ask(client.GET('/api/v1/contacts', { params: { query: { search: settled, limit: most } } })),
    enabled: searching,
    placeholderData: keepPreviousData,
  })
  const to = (go: () => unknown) => () => {
    close()
    void go()
  }
  const best = (entries: (Entry & { also?: string })[], limit = most) =>
    entries
      .flatMap((e) => {
        const r = rank(`${e.name} ${e.also ?? ''}`, typed)
        return r === undefined ? [] : [{ e, r }]
      })
      .sort((a, b) => a.r - b.r)
      .slice(0, limit)
      .map(({ e }) => e)

  const known = place(typed)
  const byId: Entry[] = known
    ? [
        {
          key: known.id, icon: IconArrowRight, name: known.id, note: t(known.to === '/runs/$id' ? 'palette.run' : known.to === '/contacts/$id' ? 'palette.contact' : 'palette.request'),
          go: to(() => (known.to === '/webhooks/in' ? navigate({ to: known.to, search: { request: known.id } }) : navigate({ to: known.to, params: { id: known.id } }))),
        },
      ]
    : []
  const someFlows = best(
    (flows.data?.items ?? []).map((f) => ({ key: f.id, icon: IconRoute, name: f.title || f.name, note: f.title ? f.name : undefined, also: f.name, go: to(() => navigate({ to: '/flows/$name', params: { name: f.name } })) })),
  )
  const ofFlows = typed.trim()
    ? best(
        (flows.data?.items ?? []).flatMap((f) => {
          const title = f.title || f.name
          return [
            { key: `${f.id} runs`, icon: IconListDetails, name: t('palette.runsOf', { flow: title }), also: f.name, go: to(() => navigate({ to: '/runs', search: { flow: f.name } })) },
            { key: `${f.id} insight`, icon: IconChartHistogram, name: t('palette.answersOf', { flow: title }), also: f.name, go: to(() => navigate({ to: '/insight', search: { flow: f.name } })) },
          ]
        }),
        4,
      )
    : []
  const people: Entry[] = searching && typed.trim() ? (contacts.data?.items ?? []).map((c) => ({ key: c.id, icon: IconAddressBook, name: c.name || c.phone || c.email || c.id, note: c.name ? c.phone || c.email : undefined, go: to(() => navigate({ to: '/contacts/$id', params: { id: c.id } })) })) : []
  const dark = colorScheme === 'dark' || (colorScheme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches)
  const deeds = [
    { key: 'theme', icon: dark ? IconSun : IconMoon, name: t(dark ? 'palette.toLight' : 'palette.toDark'), go: to(() => setColorScheme(dark ? 'light' : 'dark')) },
    { key: 'failed', icon: IconListDetails, name: t('palette.failedRuns'), go: to(() => navigate({ to: '/runs', search: { status: 'failed' } })) },
    { key: 'waiting', icon: IconListDetails, name: t('palette.waitingRuns'), go: to(() => navigate({ to: '/runs', search: { status: 'waiting' } })) },
  ]
  const groups = [
    { name: t('palette.byId'), entries: byId },
    { name: t('palette.pages'), entries: best(pages.map((p) => ({ key: p.to, icon: p.icon, name: t(`palette.page.${p.key}`), go: to(() => navigate({ to: p.to })) })), typed ? most : pages.length) },
    { name: t('nav.flows'), entries: someFlows },
    { name: t('nav.contacts'), entries: people },
    { name: t('palette.more'), entries: [...ofFlows, ...best(deeds)] },
  ]
  return { groups: groups.filter((g) => g.entries.length > 0), busy: flows.isLoading || (typed.trim().length > 1 && (settled !== typed.trim() || contacts.isFetching)) }
}

import { Button, CloseButton, Menu, NumberInput, Popover, Select, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconBookmark, IconFilter } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client } from '../../api/client'
import { flowList } from '../../app/ahead'
import { Dialog } from '../../ui/dialog'
import { duration } from '../../ui/time'
import { failures, keepViews, periods, phases, spans, statuses, views, type Filters, type View } from './filters'
import { rentedWaits } from '../../ui/flow-name'

/** FilterBar narrows the list of runs; what is not chosen in the two lists stands below them, each to be taken away. */
export function FilterBar({ filters, search }: { filters: Filters; search: (change: Filters) => void }) {
  const { t, i18n } = useTranslation()
  const flows = useQuery(flowList)
  const span = (seconds: string | number) => duration(Number(seconds), i18n.language)
  const period = (hours: string) => t('runs.last', { span: span(Number(hours) * 3600) })
  const chips: [keyof Filters, string, string][] = []
  if (filters.since) chips.push(['since', t('runs.started'), period(filters.since)])
  if (filters.longer) chips.push(['longer', t('runs.longer'), span(filters.longer)])
  if (filters.phase) chips.push(['phase', t('runs.where'), t(`runs.phase.${filters.phase as 'asking'}`, { defaultValue: filters.phase })])
  if (filters.failure) chips.push(['failure', t('runs.failure'), t(`runs.kind.${filters.failure as 'unknown'}`, { defaultValue: filters.failure })])
  if (filters.version) chips.push(['version', t('run.version'), `v${filters.version}`])
  if (filters.contact) chips.push(['contact', t('run.contact'), filters.contact])
  return (
    <>
      <Select aria-label={t('runs.status')} placeholder={t('runs.anyStatus')} clearable value={filters.status ?? null} onChange={(v) => search({ status: v ?? undefined, phase: undefined, failure: undefined })} data={statuses.map((s) => ({ value: s, label: t(`state.${s}`) }))} w={168} />
      <Select aria-label={t('runs.flow')} placeholder={t('runs.anyFlow')} clearable searchable value={filters.flow ?? null} onChange={(v) => search({ flow: v ?? undefined, version: undefined })} data={[...(flows.data?.items ?? []).map((f) => ({ value: f.name, label: f.title || f.name })), { value: rentedWaits, label: t('run.rented') }]} w={260} />
      <Popover position="bottom-start" width={300} trapFocus shadow="md">
        <Popover.Target>
          <Button variant="default" leftSection={<IconFilter size={14} />}>
            {t('runs.more')}
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <div className="stack">
            <Choice label={t('runs.started')} all={periods} name={period} value={filters.since} set={(since) => search({ since })} />
            <Choice label={t('runs.longer')} all={spans} name={span} value={filters.longer} set={(longer) => search({ longer })} />
            <Choice label={t('runs.where')} all={phases} name={(p) => t(`runs.phase.${p}`)} value={filters.phase} set={(phase) => search({ phase, ...(phase ? { status: 'waiting', failure: undefined } : {}) })} />
            <Choice label={t('runs.failure')} all={failures} name={(k) => t(`runs.kind.${k}`)} value={filters.failure} set={(failure) => search({ failure, ...(failure ? { status: 'failed', phase: undefined } : {}) })} />
            <NumberInput label={t('run.version')} description={filters.flow ? undefined : t('runs.versionHelp')} disabled={!filters.flow} min={1} allowDecimal={false} value={filters.version ? Number(filters.version) : ''} onChange={(n) => search({ version: n ? String(n) : undefined })} />
            <ContactChoice value={filters.contact} set={(contact) => search({ contact })} />
          </div>
        </Popover.Dropdown>
      </Popover>
      <Views filters={filters} search={search} />
      {chips.length > 0 && (
        <ul className="chips" aria-label={t('runs.more')}>
          {chips.map(([key, name, value]) => (
            <li key={key} className="chip">
              <span className="dim">{name}:</span> <span>{value}</span>
              <CloseButton size="sm" aria-label={t('runs.without', { filter: name })} onClick={() => search({ [key]: undefined })} />
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

function Choice<T extends string>({ label, all, name, value, set }: { label: string; all: readonly T[]; name: (v: T) => string; value?: string; set: (v: string | undefined) => void }) {
  return <Select label={label} clearable value={value ?? null} data={all.map((v) => ({ value: v as string, label: name(v) }))} onChange={(v) => set(v ?? undefined)} comboboxProps={{ withinPortal: false }} />
}

function ContactChoice({ value, set }: { value?: string; set: (v: string | undefined) => void }) {
  const { t } = useTranslation()
  const [typed, setTyped] = useState('')
  const [search] = useDebouncedValue(typed, 250)
  const found = useQuery({
    queryKey: ['contacts', 'choice', search],
    queryFn: () => ask(client.GET('/api/v1/contacts', { params: { query: { limit: 20, search: search || undefined } } })),
    placeholderData: keepPreviousData,
  })
  const data = (found.data?.items ?? []).map((c) => ({ value: c.id, label: [c.name, c.phone || c.email].filter(Boolean).join(' · ') || c.id }))
  return <Select label={t('run.contact')} searchable clearable filter={({ options }) => options} value={value ?? null} data={data} onSearchChange={setTyped} onChange={(v) => set(v ?? undefined)} comboboxProps={{ withinPortal: false }} />
}

/** Views are filters that somebody wants again. They stay in this browser. */
function Views({ filters, search }: { filters: Filters; search: (change: Filters) => void }) {
  const { t } = useTranslation()
  const [kept, setKept] = useState<View[]>(views)
  const [naming, setNaming] = useState(false)
  const [name, setName] = useState('')
  const store = (all: View[]) => {
    keepViews(all)
    setKept(views())
  }
  const none: Filters = { status: undefined, flow: undefined, phase: undefined, version: undefined, contact: undefined, failure: undefined, since: undefined, longer: undefined }
  return (
    <>
      <Menu position="bottom-start" width={260}>
        <Menu.Target>
          <Button variant="default" leftSection={<IconBookmark size={14} />}>
            {t('runs.views')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {kept.length === 0 && <Menu.Label>{t('runs.noViews')}</Menu.Label>}
          {kept.map((v) => (
            <Menu.Item key={v.name} onClick={() => search({ ...none, ...v.filters })}>
              {v.name}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item disabled={Object.values(filters).every((v) => !v)} onClick={() => setNaming(true)}>
            {t('runs.saveView')}
          </Menu.Item>
          {kept.map((v) => (
            <Menu.Item key={v.name} color="red" onClick={() => store(kept.filter((o) => o.name !== v.name))}>
              {t('runs.dropView', { name: v.name })}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {naming && (
        <Dialog close={() => setNaming(false)} title={t('runs.saveView')}>
          <form
            className="stack"
            onSubmit={(e) => {
              e.preventDefault()
              store([...kept, { name: name.trim(), filters: Object.fromEntries(Object.entries(filters).filter(([, v]) => v)) }])
              setNaming(false)
              setName('')
            }}
          >
            <TextInput data-autofocus label={t('runs.viewName')} description={t('runs.viewHelp')} maxLength={60} value={name} onChange={(e) => setName(e.currentTarget.value)} />
            <Button type="submit" disabled={!name.trim()}>
              {t('runs.save')}
            </Button>
          </form>
        </Dialog>
      )}
    </>
  )
}

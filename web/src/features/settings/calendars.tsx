import { Textarea, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, Failure, type Schemas } from '../../api/client'
import { Confirm } from '../../ui/confirm'
import { Ask } from '../../ui/dialog'
import { told } from '../../ui/toast'
import { Edited, Section } from './section'

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
type Hours = Schemas['CalendarHours']

/** Calendars are the business hours that flows count by. */
export function Calendars() {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const [edited, edit] = useState<Schemas['Calendar'] | 'new'>()
  const calendars = useQuery({ queryKey: ['calendars'], queryFn: () => ask(client.GET('/api/v1/calendars')) })
  const [leaving, leave] = useState<string>()
  return (
    <div className="stack">
      <Section
        query={calendars} help={t('calendars.help')} empty={t('calendars.empty')} add={t('calendars.new')} make={() => edit('new')} id={(c) => c.name}
        columns={[
          { head: t('calendars.name'), className: 'mono', cell: (c) => c.name },
          { head: t('calendars.zone'), cell: (c) => c.time_zone || t('calendars.theirs') },
          { head: t('calendars.hours'), cell: (c) => days.filter((d) => (c.hours?.[d] ?? []).length > 0).map((d) => `${t(`calendars.${d}`)} ${(c.hours?.[d] ?? []).join(', ')}`).join(' · ') },
          { className: 'end', cell: (c) => <Edited name={c.name} change={t('calendars.change')} edit={() => edit(c)} remove={() => leave(c.name)} /> },
        ]}
      />
      {edited && <Edit calendar={edited === 'new' ? undefined : edited} close={() => edit(undefined)} />}
      {leaving && (
        <Confirm
          title={t('calendars.deleteTitle', { name: leaving })} text={t('calendars.deleteHelp')} does={t('do.delete')} close={() => leave(undefined)}
          act={() => ask(client.DELETE('/api/v1/calendars/{name}', { params: { path: { name: leaving } } }))}
          done={() => {
            told(t('calendars.deleted'))
            void queryClient.invalidateQueries({ queryKey: ['calendars'] })
          }}
        />
      )}
    </div>
  )
}

const list = (text: string) => text.split(/[\s,]+/).filter(Boolean)
const working = { mon: '09:00-18:00', tue: '09:00-18:00', wed: '09:00-18:00', thu: '09:00-18:00', fri: '09:00-18:00' }

function Edit({ calendar: c, close }: { calendar?: Schemas['Calendar']; close: () => void }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const [name, setName] = useState(c?.name ?? '')
  const [zone, setZone] = useState(c?.time_zone ?? '')
  const [hours, setHours] = useState<Record<string, string>>(c ? Object.fromEntries(Object.entries(c.hours ?? {}).map(([d, spans]) => [d, (spans ?? []).join(', ')])) : working)
  const [holidays, setHolidays] = useState((c?.holidays ?? []).join('\n'))
  const save = useMutation({
    mutationFn: () => {
      const body: Hours = { hours: Object.fromEntries(days.flatMap((d) => (list(hours[d] ?? '').length > 0 ? [[d, list(hours[d] ?? '')]] : []))) }
      if (zone) body.time_zone = zone
      if (list(holidays).length > 0) body.holidays = list(holidays)
      return ask(client.PUT('/api/v1/calendars/{name}', { params: { path: { name } }, body }))
    },
    onSuccess: () => {
      told(t('calendars.saved'))
      close()
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['calendars'] }),
  })
  const error = (path: string) => {
    const found = save.error instanceof Failure ? save.error.problem?.errors?.find((d) => d.path === path || d.path?.startsWith(`${path}[`)) : undefined
    return found && `${found.message}; ${found.remedy}`
  }
  return (
    <Ask title={c?.name ?? t('calendars.new')} close={close} act={save} does={t('calendars.save')} ready={name !== ''}>
        {!c && <TextInput label={t('calendars.name')} placeholder="office" value={name} withAsterisk error={error('name')} onChange={(e) => setName(e.currentTarget.value)} />}
        <TextInput label={t('calendars.zone')} description={t('calendars.zoneHelp')} placeholder="Europe/Madrid" value={zone} error={error('time_zone')} onChange={(e) => setZone(e.currentTarget.value)} />
        {days.map((d) => (
          <TextInput key={d} label={t(`calendars.${d}`)} placeholder={t('calendars.closed')} value={hours[d] ?? ''} error={error(`hours.${d}`)} onChange={(e) => setHours({ ...hours, [d]: e.currentTarget.value })} />
        ))}
        <Textarea label={t('calendars.holidays')} description={t('calendars.holidaysHelp')} autosize minRows={2} maxRows={8} value={holidays} error={error('holidays')} onChange={(e) => setHolidays(e.currentTarget.value)} />
    </Ask>
  )
}

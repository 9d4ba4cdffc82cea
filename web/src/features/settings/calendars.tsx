import { Button, Modal, Textarea, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, Failure, type Schemas } from '../../api/client'
import { Confirm } from '../../ui/confirm'
import { Empty, Failed, Loaded } from '../../ui/page'
import { told } from '../../ui/toast'

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
      <div className="spread">
        <p className="dim" style={{ margin: 0 }}>
          {t('calendars.help')}
        </p>
        <Button leftSection={<IconPlus size={16} />} onClick={() => edit('new')}>
          {t('calendars.new')}
        </Button>
      </div>
      <Loaded query={calendars}>
        {({ items }) => (
          <div className="card table-box">
            {(items ?? []).length === 0 ? (
              <Empty>{t('calendars.empty')}</Empty>
            ) : (
              <table className="list">
                <thead>
                  <tr>
                    <th scope="col">{t('calendars.name')}</th>
                    <th scope="col">{t('calendars.zone')}</th>
                    <th scope="col">{t('calendars.hours')}</th>
                    <th scope="col">
                      <span className="visually-hidden">{t('run.actions')}</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {(items ?? []).map((c) => (
                    <tr key={c.name}>
                      <td className="mono">{c.name}</td>
                      <td>{c.time_zone || t('calendars.theirs')}</td>
                      <td>{days.filter((d) => (c.hours?.[d] ?? []).length > 0).map((d) => `${t(`calendars.${d}`)} ${(c.hours?.[d] ?? []).join(', ')}`).join(' · ')}</td>
                      <td className="end">
                        <Button size="compact-sm" variant="subtle" onClick={() => edit(c)} aria-label={`${t('calendars.change')}: ${c.name}`}>
                          {t('calendars.change')}
                        </Button>
                        <Button size="compact-sm" variant="subtle" color="red" onClick={() => leave(c.name)} aria-label={`${t('do.delete')}: ${c.name}`}>
                          {t('do.delete')}
                        </Button>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </div>
        )}
      </Loaded>
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
    <Modal opened onClose={close} title={c?.name ?? t('calendars.new')} closeButtonProps={{ 'aria-label': t('do.close') }}>
      <form
        className="stack"
        onSubmit={(e) => {
          e.preventDefault()
          save.mutate()
        }}
      >
        {!c && <TextInput label={t('calendars.name')} placeholder="office" value={name} withAsterisk error={error('name')} onChange={(e) => setName(e.currentTarget.value)} />}
        <TextInput label={t('calendars.zone')} description={t('calendars.zoneHelp')} placeholder="Europe/Madrid" value={zone} error={error('time_zone')} onChange={(e) => setZone(e.currentTarget.value)} />
        {days.map((d) => (
          <TextInput key={d} label={t(`calendars.${d}`)} placeholder={t('calendars.closed')} value={hours[d] ?? ''} error={error(`hours.${d}`)} onChange={(e) => setHours({ ...hours, [d]: e.currentTarget.value })} />
        ))}
        <Textarea label={t('calendars.holidays')} description={t('calendars.holidaysHelp')} autosize minRows={2} maxRows={8} value={holidays} error={error('holidays')} onChange={(e) => setHolidays(e.currentTarget.value)} />
        {save.isError && <Failed error={save.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button type="submit" loading={save.isPending} disabled={!name}>
            {t('calendars.save')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}

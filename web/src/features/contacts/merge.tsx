import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { Ask } from '../../ui/dialog'
import { Failed, Notice } from '../../ui/page'
import { told } from '../../ui/toast'

type Contact = Schemas['Contact']

/** Merge takes another contact over, once it has said what would move. */
export function Merge({ contact: c, close }: { contact: Contact; close: () => void }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const [typed, setTyped] = useState('')
  const [search] = useDebouncedValue(typed, 250)
  const [other, setOther] = useState<string | null>(null)
  const found = useQuery({
    queryKey: ['contacts', { search, few: true }],
    queryFn: () => ask(client.GET('/api/v1/contacts', { params: { query: { limit: 20, search: search || undefined } } })),
    placeholderData: keepPreviousData,
  })
  const merge = (dry_run: boolean) => ask(client.POST('/api/v1/contacts/{id}/merge', { params: { path: { id: c.id } }, body: { contact: other ?? '', dry_run } }))
  const preview = useQuery({ queryKey: ['merge', c.id, other], queryFn: () => merge(true), enabled: other !== null, staleTime: 0 })
  const act = useMutation({
    mutationFn: () => merge(false),
    onSuccess: () => {
      told(t('merge.done'))
      close()
    },
    onSettled: () => queryClient.invalidateQueries(),
  })
  const label = (o: Contact) => [o.name, o.phone, o.email].filter(Boolean).join(' · ') || o.id
  const m = preview.data
  return (
    <Ask title={t('merge.title')} close={close} act={act} does={t('merge.do')} danger ready={!!m && other !== null}>
        <p>{t('merge.help')}</p>
        <Select
          label={t('merge.other')} placeholder={t('contacts.search')} searchable data-autofocus filter={({ options }) => options} searchValue={typed} onSearchChange={setTyped} value={other} onChange={setOther}
          data={(found.data?.items ?? []).filter((o) => o.id !== c.id).map((o) => ({ value: o.id, label: label(o) }))}
        />
        {preview.isError && <Failed error={preview.error} />}
        {m && other && (
          <dl className="facts">
            {(
              [
                [t('merge.becomes'), label(m.contact)], [t('merge.identities'), (m.identities ?? []).join(', ') || '–'], [t('merge.messages'), m.messages], [t('merge.runs'), `${m.runs} (${m.active_runs})`],
                [t('merge.waits'), `${m.waits} (${m.open_waits})`], [t('contact.consent'), t(`state.${m.contact.consent ?? 'not_declared'}`)], [t('merge.dropped'), (m.dropped ?? []).join(', ') || '–'],
              ] as const
            ).map(([name, value]) => (
              <div key={name}>
                <dt className="dim">{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        )}
        {m?.contact.blocked && other && <Notice tone="warning">{t('contact.blockHelp')}</Notice>}
    </Ask>
  )
}

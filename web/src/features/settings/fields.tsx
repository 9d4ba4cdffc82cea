import { Select, TagsInput, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { Confirm } from '../../ui/confirm'
import { Ask } from '../../ui/dialog'
import { told } from '../../ui/toast'
import { Edited, Section } from './section'

type Field = Schemas['ContactField']
export const fieldTypes = ['text', 'number', 'boolean', 'date', 'datetime', 'choice'] as const

/** Fields are those that the workspace declares for its contacts. */
export function Fields() {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const [edited, edit] = useState<Field | 'new'>()
  const [leaving, leave] = useState<Field>()
  const fields = useQuery({ queryKey: ['fields'], queryFn: () => ask(client.GET('/api/v1/fields')) })
  const again = () => void queryClient.invalidateQueries({ queryKey: ['fields'] })
  return (
    <div className="stack">
      <Section
        query={fields} help={t('fields.help')} empty={t('fields.empty')} add={t('fields.new')} make={() => edit('new')} id={(f) => f.name}
        columns={[
          { head: t('fields.name'), className: 'mono', cell: (f) => f.name },
          { head: t('fields.title'), cell: (f) => f.title },
          { head: t('fields.type'), cell: (f) => [t(`fieldType.${f.type}`), f.choices?.length ? `(${f.choices.join(', ')})` : ''].join(' ') },
          { className: 'end', cell: (f) => <Edited name={f.name} change={t('fields.change')} edit={() => edit(f)} remove={() => leave(f)} /> },
        ]}
      />
      {edited && <Edit field={edited === 'new' ? undefined : edited} close={() => edit(undefined)} />}
      {leaving && (
        <Confirm
          title={t('fields.deleteTitle', { name: leaving.name })} text={t('fields.deleteHelp')} does={t('do.delete')} close={() => leave(undefined)}
          act={() => ask(client.DELETE('/api/v1/fields/{name}', { params: { path: { name: leaving.name } } }))}
          done={() => {
            told(t('fields.deleted'))
            again()
          }}
        />
      )}
    </div>
  )
}

function Edit({ field: l, close }: { field?: Field; close: () => void }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const [name, setName] = useState(l?.name ?? '')
  const [title, setTitle] = useState(l?.title ?? '')
  const [type, setType] = useState<Field['type']>(l?.type ?? 'text')
  const [choices, setChoices] = useState(l?.choices ?? [])
  const save = useMutation({
    mutationFn: () => ask(client.PUT('/api/v1/fields/{name}', { params: { path: { name } }, body: { type, title: title || undefined, choices: type === 'choice' ? choices : undefined } })),
    onSuccess: () => {
      told(t('fields.saved'))
      close()
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['fields'] }),
  })
  return (
    <Ask title={l?.name ?? t('fields.new')} close={close} act={save} does={t('fields.save')} ready={name !== ''}>
        {!l && <TextInput label={t('fields.name')} description={t('fields.nameHelp')} placeholder="birthday" value={name} withAsterisk onChange={(e) => setName(e.currentTarget.value)} />}
        <Select label={t('fields.type')} description={l && t('fields.typeStays')} disabled={l !== undefined} data={fieldTypes.map((value) => ({ value, label: t(`fieldType.${value}`) }))} value={type} allowDeselect={false} onChange={(v) => v && setType(v as Field['type'])} />
        {type === 'choice' && <TagsInput label={t('fields.choices')} value={choices} onChange={setChoices} />}
        <TextInput label={t('fields.title')} value={title} onChange={(e) => setTitle(e.currentTarget.value)} />
    </Ask>
  )
}

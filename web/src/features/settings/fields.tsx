import { Button, Modal, Select, TagsInput, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { Confirm } from '../../ui/confirm'
import { Empty, Failed, Loaded } from '../../ui/page'
import { told } from '../../ui/toast'

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
      <div className="spread">
        <p className="dim" style={{ margin: 0 }}>
          {t('fields.help')}
        </p>
        <Button leftSection={<IconPlus size={16} />} onClick={() => edit('new')}>
          {t('fields.new')}
        </Button>
      </div>
      <Loaded query={fields}>
        {({ items }) => (
          <div className="card table-box">
            {(items ?? []).length === 0 ? (
              <Empty>{t('fields.empty')}</Empty>
            ) : (
              <table className="list">
                <thead>
                  <tr>
                    <th scope="col">{t('fields.name')}</th>
                    <th scope="col">{t('fields.title')}</th>
                    <th scope="col">{t('fields.type')}</th>
                    <th scope="col">
                      <span className="visually-hidden">{t('run.actions')}</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {(items ?? []).map((l) => (
                    <tr key={l.name}>
                      <td className="mono">{l.name}</td>
                      <td>{l.title}</td>
                      <td>
                        {t(`fieldType.${l.type}`)}
                        {(l.choices ?? []).length > 0 && ` (${(l.choices ?? []).join(', ')})`}
                      </td>
                      <td className="end">
                        <Button size="compact-sm" variant="subtle" onClick={() => edit(l)} aria-label={`${t('fields.change')}: ${l.name}`}>
                          {t('fields.change')}
                        </Button>
                        <Button size="compact-sm" variant="subtle" color="red" onClick={() => leave(l)} aria-label={`${t('do.delete')}: ${l.name}`}>
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
    <Modal opened onClose={close} title={l?.name ?? t('fields.new')} closeButtonProps={{ 'aria-label': t('do.close') }}>
      <form
        className="stack"
        onSubmit={(e) => {
          e.preventDefault()
          save.mutate()
        }}
      >
        {!l && <TextInput label={t('fields.name')} description={t('fields.nameHelp')} placeholder="birthday" value={name} withAsterisk onChange={(e) => setName(e.currentTarget.value)} />}
        <Select label={t('fields.type')} description={l && t('fields.typeStays')} disabled={l !== undefined} data={fieldTypes.map((value) => ({ value, label: t(`fieldType.${value}`) }))} value={type} allowDeselect={false} onChange={(v) => v && setType(v as Field['type'])} />
        {type === 'choice' && <TagsInput label={t('fields.choices')} value={choices} onChange={setChoices} />}
        <TextInput label={t('fields.title')} value={title} onChange={(e) => setTitle(e.currentTarget.value)} />
        {save.isError && <Failed error={save.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button type="submit" loading={save.isPending} disabled={!name}>
            {t('fields.save')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}

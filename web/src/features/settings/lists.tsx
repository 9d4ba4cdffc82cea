import { TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { Confirm } from '../../ui/confirm'
import { Ask } from '../../ui/dialog'
import { told } from '../../ui/toast'
import { Edited, Section } from './section'

type List = Schemas['ContactList']

/** Lists are those that flows put contacts on. */
export function Lists() {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const [edited, edit] = useState<List | 'new'>()
  const [leaving, leave] = useState<List>()
  const lists = useQuery({ queryKey: ['lists'], queryFn: () => ask(client.GET('/api/v1/lists')) })
  const again = () => void queryClient.invalidateQueries({ queryKey: ['lists'] })
  return (
    <div className="stack">
      <Section
        query={lists} help={t('lists.help')} empty={t('lists.empty')} add={t('lists.new')} make={() => edit('new')} id={(l) => l.name}
        columns={[
          { head: t('lists.name'), className: 'mono', cell: (l) => l.name },
          { head: t('lists.title'), cell: (l) => l.title },
          {
            head: t('lists.members'),
            cell: (l) => (
              <Link to="/contacts" search={{ list: l.name }}>
                {l.members}
              </Link>
            ),
          },
          { className: 'end', cell: (l) => <Edited name={l.name} change={t('lists.change')} edit={() => edit(l)} remove={() => leave(l)} /> },
        ]}
      />
      {edited && <Edit list={edited === 'new' ? undefined : edited} close={() => edit(undefined)} />}
      {leaving && (
        <Confirm
          title={t('lists.deleteTitle', { name: leaving.name })} text={t('lists.deleteHelp', { count: leaving.members })} does={t('do.delete')} close={() => leave(undefined)}
          act={() => ask(client.DELETE('/api/v1/lists/{name}', { params: { path: { name: leaving.name } } }))}
          done={() => {
            told(t('lists.deleted'))
            again()
          }}
        />
      )}
    </div>
  )
}

function Edit({ list: l, close }: { list?: List; close: () => void }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const [name, setName] = useState(l?.name ?? '')
  const [title, setTitle] = useState(l?.title ?? '')
  const save = useMutation({
    mutationFn: () => ask(client.PUT('/api/v1/lists/{name}', { params: { path: { name } }, body: title ? { title } : {} })),
    onSuccess: () => {
      told(t('lists.saved'))
      close()
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['lists'] }),
  })
  return (
    <Ask title={l?.name ?? t('lists.new')} close={close} act={save} does={t('lists.save')} ready={name !== ''}>
        {!l && <TextInput label={t('lists.name')} description={t('lists.nameHelp')} placeholder="newsletter" value={name} withAsterisk onChange={(e) => setName(e.currentTarget.value)} />}
        <TextInput label={t('lists.title')} value={title} onChange={(e) => setTitle(e.currentTarget.value)} />
    </Ask>
  )
}

import { Button, Modal, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { Confirm } from '../../ui/confirm'
import { Empty, Failed, Loaded } from '../../ui/page'
import { told } from '../../ui/toast'

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
      <div className="spread">
        <p className="dim" style={{ margin: 0 }}>
          {t('lists.help')}
        </p>
        <Button leftSection={<IconPlus size={16} />} onClick={() => edit('new')}>
          {t('lists.new')}
        </Button>
      </div>
      <Loaded query={lists}>
        {({ items }) => (
          <div className="card table-box">
            {(items ?? []).length === 0 ? (
              <Empty>{t('lists.empty')}</Empty>
            ) : (
              <table className="list">
                <thead>
                  <tr>
                    <th scope="col">{t('lists.name')}</th>
                    <th scope="col">{t('lists.title')}</th>
                    <th scope="col">{t('lists.members')}</th>
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
                        <Link to="/contacts" search={{ list: l.name }}>
                          {l.members}
                        </Link>
                      </td>
                      <td className="end">
                        <Button size="compact-sm" variant="subtle" onClick={() => edit(l)} aria-label={`${t('lists.change')}: ${l.name}`}>
                          {t('lists.change')}
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
    <Modal opened onClose={close} title={l?.name ?? t('lists.new')} closeButtonProps={{ 'aria-label': t('do.close') }}>
      <form
        className="stack"
        onSubmit={(e) => {
          e.preventDefault()
          save.mutate()
        }}
      >
        {!l && <TextInput label={t('lists.name')} description={t('lists.nameHelp')} placeholder="newsletter" value={name} withAsterisk onChange={(e) => setName(e.currentTarget.value)} />}
        <TextInput label={t('lists.title')} value={title} onChange={(e) => setTitle(e.currentTarget.value)} />
        {save.isError && <Failed error={save.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button type="submit" loading={save.isPending} disabled={!name}>
            {t('lists.save')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}

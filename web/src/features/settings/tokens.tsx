import { Button, Modal, Select, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client } from '../../api/client'
import { Copy, Empty, Failed, Loaded, Notice } from '../../ui/page'
import { Status } from '../../ui/status'
import { Time } from '../../ui/time'
import { failed, told } from '../../ui/toast'

const scopes = ['read', 'operate', 'write', 'admin'] as const
type Scope = (typeof scopes)[number]
const days = ['30', '90', '365', ''] as const

export function Tokens() {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const [making, setMaking] = useState(false)
  const tokens = useQuery({ queryKey: ['tokens'], queryFn: () => ask(client.GET('/api/v1/tokens', { params: { query: { limit: 200 } } })) })
  const revoke = useMutation({
    mutationFn: (id: string) => ask(client.DELETE('/api/v1/tokens/{id}', { params: { path: { id } } })),
    onSuccess: () => told(t('tokens.revoked')),
    onError: (error) => failed(error, t('failed.unreachable')),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['tokens'] }),
  })
  return (
    <div className="stack">
      <div className="spread">
        <p className="dim" style={{ margin: 0 }}>
          {t('tokens.help')}
        </p>
        <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
          {t('tokens.new')}
        </Button>
      </div>
      <Loaded query={tokens}>
        {({ items }) => (
          <div className="card table-box">
            {(items ?? []).length === 0 ? (
              <Empty>{t('tokens.empty')}</Empty>
            ) : (
              <table className="list">
                <thead>
                  <tr>
                    <th scope="col">{t('tokens.where')}</th>
                    <th scope="col">{t('tokens.hint')}</th>
                    <th scope="col">{t('tokens.scope')}</th>
                    <th scope="col">{t('tokens.used')}</th>
                    <th scope="col">{t('tokens.expires')}</th>
                    <th scope="col">
                      <span className="visually-hidden">{t('run.actions')}</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {(items ?? []).map((k) => (
                    <tr key={k.id}>
                      <td>{k.name}</td>
                      <td className="mono">{k.hint}</td>
                      <td>{(k.scopes ?? []).join(', ')}</td>
                      <td>
                        <Time at={k.used_at} />
                      </td>
                      <td>{k.expires_at ? <Time at={k.expires_at} /> : t('tokens.never')}</td>
                      <td className="end">
                        {k.revoked_at ? (
                          <Status state="revoked" />
                        ) : (
                          <Button size="compact-sm" variant="subtle" color="red" onClick={() => revoke.mutate(k.id)} aria-label={`${t('tokens.revoke')}: ${k.name}`}>
                            {t('tokens.revoke')}
                          </Button>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </div>
        )}
      </Loaded>
      <NewToken opened={making} close={() => setMaking(false)} />
    </div>
  )
}

function NewToken({ opened, close }: { opened: boolean; close: () => void }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const [name, setName] = useState('')
  const [scope, setScope] = useState<Scope>('read')
  const [lasts, setLasts] = useState<string>('90')
  const make = useMutation({
    mutationFn: () =>
      ask(
        client.POST('/api/v1/tokens', {
          body: { name, scopes: [scope], ...(lasts ? { expires_at: new Date(Date.now() + Number(lasts) * 86_400_000).toISOString() } : {}) },
        }),
      ),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['tokens'] }),
  })
  const leave = () => {
    make.reset() // the token is shown once
    setName('')
    close()
  }
  return (
    <Modal opened={opened} onClose={leave} title={t('tokens.new')} closeButtonProps={{ 'aria-label': t('do.close') }}>
      {make.data ? (
        <div className="stack">
          <Notice tone="warning">{t('tokens.once')}</Notice>
          <Copy text={make.data.token} />
          <Button onClick={leave}>{t('do.done')}</Button>
        </div>
      ) : (
        <form
          className="stack"
          onSubmit={(e) => {
            e.preventDefault()
            make.mutate()
          }}
        >
          <TextInput label={t('tokens.where')} required data-autofocus value={name} onChange={(e) => setName(e.currentTarget.value)} />
          <Select label={t('tokens.scope')} description={t(`scopeHelp.${scope}`)} data={scopes.map((s) => ({ value: s, label: s }))} value={scope} allowDeselect={false} onChange={(s) => s && setScope(s as Scope)} />
          <Select label={t('tokens.expires')} data={days.map((d) => ({ value: d, label: d ? t('tokens.days', { count: Number(d) }) : t('tokens.never') }))} value={lasts} allowDeselect={false} onChange={(d) => setLasts(d ?? '')} />
          {make.isError && <Failed error={make.error} />}
          <Button type="submit" loading={make.isPending}>
            {t('tokens.new')}
          </Button>
        </form>
      )}
    </Modal>
  )
}

import { Button, Select, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client } from '../../api/client'
import { Ask, Dialog } from '../../ui/dialog'
import { Copy, Notice } from '../../ui/page'
import { Status } from '../../ui/status'
import { Time } from '../../ui/time'
import { failed, told } from '../../ui/toast'
import { Section } from './section'

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
      <Section
        query={tokens} help={t('tokens.help')} empty={t('tokens.empty')} add={t('tokens.new')} make={() => setMaking(true)} id={(k) => k.id}
        columns={[
          { head: t('tokens.where'), cell: (k) => k.name },
          { head: t('tokens.hint'), className: 'mono one', cell: (k) => k.hint },
          { head: t('tokens.scope'), cell: (k) => (k.scopes ?? []).join(', ') },
          { head: t('tokens.used'), cell: (k) => <Time at={k.used_at} /> },
          { head: t('tokens.expires'), cell: (k) => (k.expires_at ? <Time at={k.expires_at} /> : t('tokens.never')) },
          {
            className: 'end',
            cell: (k) =>
              k.revoked_at ? (
                <Status state="revoked" />
              ) : (
                <Button size="compact-sm" variant="subtle" color="red" onClick={() => revoke.mutate(k.id)} aria-label={`${t('tokens.revoke')}: ${k.name}`}>
                  {t('tokens.revoke')}
                </Button>
              ),
          },
        ]}
      />
      {making && <NewToken close={() => setMaking(false)} />}
    </div>
  )
}

/** NewToken shows what it made once: closed, it forgets it. */
function NewToken({ close }: { close: () => void }) {
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
  if (make.data)
    return (
      <Dialog title={t('tokens.new')} close={close}>
        <Notice tone="warning">{t('tokens.once')}</Notice>
        <Copy text={make.data.token} />
        <Button onClick={close}>{t('do.done')}</Button>
      </Dialog>
    )
  return (
    <Ask title={t('tokens.new')} close={close} act={make} does={t('tokens.new')}>
          <TextInput label={t('tokens.where')} required data-autofocus value={name} onChange={(e) => setName(e.currentTarget.value)} />
          <Select label={t('tokens.scope')} description={t(`scopeHelp.${scope}`)} data={scopes.map((s) => ({ value: s, label: s }))} value={scope} allowDeselect={false} onChange={(s) => s && setScope(s as Scope)} />
          <Select label={t('tokens.expires')} data={days.map((d) => ({ value: d, label: d ? t('tokens.days', { count: Number(d) }) : t('tokens.never') }))} value={lasts} allowDeselect={false} onChange={(d) => setLasts(d ?? '')} />
    </Ask>
  )
}

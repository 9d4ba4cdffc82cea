import { Button, Modal, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, Failure, type Schemas } from '../../api/client'
import { useSession } from '../../app/frame'
import { makePasskey, passkeysHere } from '../../app/passkey'
import { Failed, Loaded, Notice } from '../../ui/page'
import { Password } from '../../ui/password'
import { Time } from '../../ui/time'
import { told } from '../../ui/toast'
import { Recovery, useAgain } from './second-factor'

/** Passkeys lists a person's own passkeys, adds to them, names and removes them. */
export function Passkeys() {
  const { t } = useTranslation()
  const { passkeys: origin } = useSession()
  const [codes, setCodes] = useState<string[]>()
  const [edited, edit] = useState<Schemas['Passkey']>()
  const keys = useQuery({ queryKey: ['passkeys'], queryFn: () => ask(client.GET('/api/v1/session/passkeys')) })
  return (
    <section className="card pad stack" aria-labelledby="passkeys">
      <div>
        <h2 id="passkeys">{t('passkeys.title')}</h2>
        <span className="dim">{t('passkeys.help')}</span>
      </div>
      {codes && <Recovery codes={codes} />}
      <Loaded query={keys} rows={1}>
        {({ items }) =>
          (items ?? []).length > 0 && (
            <ul className="lines">
              {(items ?? []).map((k) => (
                <li key={k.id}>
                  <span className="grow">
                    <strong>{k.name}</strong> <span className="dim">{t('passkeys.since')}</span> <Time at={k.created_at} />
                    {k.used_at && (
                      <>
                        {' '}
                        <span className="dim">{t('sessions.used')}</span> <Time at={k.used_at} />
                      </>
                    )}
                  </span>
                  <Button size="compact-sm" variant="default" aria-label={`${t('passkeys.change')}: ${k.name}`} onClick={() => edit(k)}>
                    {t('passkeys.change')}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {passkeysHere(origin) ? <Add done={setCodes} /> : <Elsewhere origin={origin} />}
      {edited && <Change passkey={edited} close={() => edit(undefined)} />}
    </section>
  )
}

/** Elsewhere says where the console has passkeys, if this page's address has none. */
function Elsewhere({ origin }: { origin?: string }) {
  const { t } = useTranslation()
  if (!origin) return <Notice>{t('passkeys.nowhere')}</Notice>
  if (origin === location.origin) return <Notice>{t('passkeys.oldBrowser')}</Notice>
  return (
    <Notice>
      {t('passkeys.elsewhere')} <a href={origin + '/settings'}>{origin}</a>
    </Notice>
  )
}

function fieldOf(error: unknown, field: string) {
  return error instanceof Failure ? error.field(field) : undefined
}

function Add({ done }: { done: (codes: string[] | undefined) => void }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const again = useAgain()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const add = useMutation({
    mutationFn: async () => {
      const { ceremony, options } = await ask(client.POST('/api/v1/session/passkeys/challenge', { body: { password } }))
      return ask(client.POST('/api/v1/session/passkeys', { body: { ceremony, name, credential: await makePasskey(options) } }))
    },
    onSuccess: async ({ codes }) => {
      setName('')
      setPassword('')
      done(codes ?? undefined)
      told(t('passkeys.added'))
      await queries.invalidateQueries({ queryKey: ['passkeys'] })
      await again()
    },
  })
  const wrong = { name: fieldOf(add.error, 'name'), password: fieldOf(add.error, 'password') }
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault()
        add.mutate()
      }}
    >
      <TextInput label={t('passkeys.name')} placeholder={t('passkeys.example')} required maxLength={100} value={name} error={wrong.name} onChange={(e) => setName(e.currentTarget.value)} />
      <Password label={t('account.old')} autoComplete="current-password" value={password} error={wrong.password} onChange={(e) => setPassword(e.currentTarget.value)} />
      {add.error instanceof DOMException ? <Notice tone="failed">{t(add.error.name === 'InvalidStateError' ? 'passkeys.twice' : 'passkeys.gaveUp')}</Notice> : add.isError && !wrong.name && !wrong.password && <Failed error={add.error} />}
      <Button type="submit" variant="default" loading={add.isPending}>
        {t('passkeys.add')}
      </Button>
    </form>
  )
}

function Change({ passkey, close }: { passkey: Schemas['Passkey']; close: () => void }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const again = useAgain()
  const [name, setName] = useState(passkey.name)
  const [password, setPassword] = useState('')
  const path = { id: passkey.id }
  const changed = async () => {
    close()
    await queries.invalidateQueries({ queryKey: ['passkeys'] })
  }
  const rename = useMutation({ mutationFn: () => ask(client.PATCH('/api/v1/session/passkeys/{id}', { params: { path }, body: { name } })), onSuccess: changed })
  const remove = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/session/passkeys/{id}/remove', { params: { path }, body: { password } })),
    onSuccess: async () => {
      told(t('passkeys.removed'))
      await changed()
      await again()
    },
  })
  return (
    <Modal opened onClose={close} title={passkey.name} closeButtonProps={{ 'aria-label': t('do.close') }}>
      <form
        className="stack"
        onSubmit={(e) => {
          e.preventDefault()
          rename.mutate()
        }}
      >
        <TextInput label={t('passkeys.name')} required maxLength={100} value={name} error={fieldOf(rename.error, 'name')} onChange={(e) => setName(e.currentTarget.value)} />
        {rename.isError && !fieldOf(rename.error, 'name') && <Failed error={rename.error} />}
        <Button type="submit" variant="default" loading={rename.isPending}>
          {t('passkeys.rename')}
        </Button>
      </form>
      <form
        className="stack"
        style={{ marginTop: 24 }}
        onSubmit={(e) => {
          e.preventDefault()
          remove.mutate()
        }}
      >
        <Password label={t('account.old')} autoComplete="current-password" value={password} error={fieldOf(remove.error, 'password')} onChange={(e) => setPassword(e.currentTarget.value)} />
        {remove.isError && !fieldOf(remove.error, 'password') && <Failed error={remove.error} />}
        <Button type="submit" variant="default" color="red" loading={remove.isPending}>
          {t('passkeys.remove')}
        </Button>
      </form>
    </Modal>
  )
}

import { Button, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, Failure, type Schemas } from '../../api/client'
import { askPasskey, passkeysHere } from '../../app/passkey'
import type { Session } from '../../app/session'
import { Ask } from '../../ui/dialog'
import { Notice } from '../../ui/page'
import { Password } from '../../ui/password'

/** Prove asks a person who they are, over what they were doing; end goes on with that, or gives it up. */
export default function Prove({ session, end }: { session: Session; end: (proved: boolean) => void }) {
  const { t } = useTranslation()
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const prove = useMutation({
    mutationFn: async (by: Schemas['ProveBody'] | 'passkey') => {
      if (by !== 'passkey') return ask(client.POST('/api/v1/session/proof', { body: by }))
      const { ceremony, options } = await ask(client.POST('/api/v1/session/passkey/challenge'))
      return ask(client.POST('/api/v1/session/proof', { body: { ceremony, credential: await askPasskey(options) } }))
    },
    onSuccess: () => end(true),
  })
  const withCode = session.user.totp || session.user.passkeys > 0
  const wrong = (field: string) => (prove.error instanceof Failure ? prove.error.field(field) : undefined)
  const placed = wrong('password') !== undefined || wrong('code') !== undefined || prove.error instanceof DOMException
  const act = { mutate: () => prove.mutate(session.visitor ? { demo: true } : { password, code: code || undefined }), isPending: prove.isPending, isError: prove.isError, error: prove.error }
  if (session.visitor) {
    return (
      <Ask title={t('prove.title')} close={() => end(false)} does={t('prove.demo')} act={act}>
        <p style={{ margin: 0 }}>{t('prove.why', { email: session.user.email })}</p>
      </Ask>
    )
  }
  return (
    <Ask
      title={t('prove.title')} close={() => end(false)} does={t('prove.do')} ready={password !== '' && (!withCode || code !== '')} placed={placed}
      act={act}
    >
      <p style={{ margin: 0 }}>{t('prove.why', { email: session.user.email })}</p>
      {prove.error instanceof DOMException && <Notice tone="failed">{t('passkeys.gaveUp')}</Notice>}
      <Password label={t('person.password')} autoComplete="current-password" value={password} onChange={(e) => setPassword(e.currentTarget.value)} error={wrong('password')} />
      {withCode && <TextInput label={t('person.code')} description={t('person.codeHelp')} autoComplete="one-time-code" value={code} onChange={(e) => setCode(e.currentTarget.value)} error={wrong('code')} />}
      {session.user.passkeys > 0 && passkeysHere(session.passkeys) && (
        <Button variant="default" onClick={() => prove.mutate('passkey')}>
          {t('passkeys.use')}
        </Button>
      )}
    </Ask>
  )
}

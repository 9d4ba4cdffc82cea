import { Button, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, Failure, type Schemas } from '../../api/client'
import { askPasskey, passkeysHere } from '../../app/passkey'
import { gate } from '../../app/session'
import { Failed, Notice, useTitle } from '../../ui/page'
import { Password } from '../../ui/password'
import { Gate } from './gate'

/** SignIn is the way in; ended is the address of somebody whose session has ended while they worked. */
export function SignIn({ setUp, ended }: { setUp: Schemas['SetUp']; ended?: string }) {
  const { t } = useTranslation()
  useTitle(ended === undefined ? t('signIn.title') : undefined)
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const [email, setEmail] = useState(ended ?? '')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const signIn = useMutation({
    mutationFn: async (body?: Schemas['SignInBody']) => {
      if (body) return ask(client.POST('/api/v1/session', { body }))
      const { ceremony, options } = await ask(client.POST('/api/v1/session/passkey/challenge'))
      return ask(client.POST('/api/v1/session/passkey', { body: { ceremony, credential: await askPasskey(options) } }))
    },
    onSuccess: (session) => {
      sessionStorage.removeItem('signed-out')
      queryClient.setQueryData(gate.queryKey, { session })
    },
  })
  const wrongCode = signIn.error instanceof Failure ? signIn.error.field('code') : undefined
  const withCode = wrongCode !== undefined || code !== ''
  const wrong = signIn.isError && !(wrongCode && (code === '' || signIn.error instanceof Failure && signIn.error.status === 422))
  return (
    <Gate title={t('signIn.title')}>
      {ended !== undefined && <Notice tone="waiting">{t('signIn.ended')}</Notice>}
      {setUp.needed && (
        <Notice tone="running" action={<Button size="compact-sm" variant="default" onClick={() => void navigate({ to: '/setup' })}>{t('signIn.toSetUp')}</Button>}>
          {t('signIn.nobody')}
        </Notice>
      )}
      <form
        className="stack"
        onSubmit={(e) => {
          e.preventDefault()
          signIn.mutate({ email, password, code: code || undefined })
        }}
      >
        <TextInput label={t('person.email')} type="email" autoComplete="username" required value={email} onChange={(e) => setEmail(e.currentTarget.value)} />
        <Password label={t('person.password')} autoComplete="current-password" value={password} onChange={(e) => setPassword(e.currentTarget.value)} />
        {withCode && (
          <TextInput label={t('person.code')} description={t('person.codeHelp')} autoComplete="one-time-code" required autoFocus value={code} onChange={(e) => setCode(e.currentTarget.value)} error={code !== '' && !signIn.isPending ? wrongCode : undefined} />
        )}
        {signIn.error instanceof DOMException ? <Notice tone="failed">{t('passkeys.gaveUp')}</Notice> : wrong && <Failed error={signIn.error} />}
        <Button type="submit" loading={signIn.isPending}>
          {t('signIn.do')}
        </Button>
      </form>
      {passkeysHere(setUp.passkeys) && (
        <Button variant="default" onClick={() => signIn.mutate(undefined)}>
          {t('passkeys.use')}
        </Button>
      )}
      {setUp.demo && (
        <Button variant="default" onClick={() => signIn.mutate({ demo: true })}>
          {t('signIn.demo')}
        </Button>
      )}
      {setUp.mail ? (
        <Link to="/forgot">{t('forgot.ask')}</Link>
      ) : (
        <p className="dim" style={{ margin: 0, fontSize: 12 }}>
          {t('signIn.forgot')}
        </p>
      )}
    </Gate>
  )
}

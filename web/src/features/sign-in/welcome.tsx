import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, Failure } from '../../api/client'
import { gate } from '../../app/session'
import { Failed, Notice, useTitle } from '../../ui/page'
import { Password } from '../../ui/password'
import { Gate, secretOf } from './gate'

/** Welcome sets the password of somebody who was invited, or who forgot the old one. */
export function Welcome() {
  const { t } = useTranslation()
  useTitle(t('welcome.title'))
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const [link] = useState(() => secretOf('link'))
  const [password, setPassword] = useState('')
  const use = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/session/link', { body: { link, password } })),
    onSuccess: async (session) => {
      queryClient.setQueryData(gate.queryKey, { session })
      await navigate({ to: '/flows' })
    },
  })
  const wrong = use.error instanceof Failure ? use.error.field('password') : undefined
  const codeNeeded = use.error instanceof Failure && use.error.field('code') !== undefined
  return (
    <Gate title={t('welcome.title')}>
      {!link && <Notice tone="warning">{t('welcome.noLink')}</Notice>}
      <form
        className="stack"
        onSubmit={(e) => {
          e.preventDefault()
          use.mutate()
        }}
      >
        <Password label={t('person.newPassword')} description={t('person.passwordRule')} autoComplete="new-password" error={wrong} value={password} onChange={(e) => setPassword(e.currentTarget.value)} />
        {codeNeeded && (
          <Notice action={<Button size="compact-sm" variant="default" onClick={() => void navigate({ to: '/' })}>{t('signIn.do')}</Button>}>{t('welcome.codeNeeded')}</Notice>
        )}
        {use.isError && !wrong && !codeNeeded && <Failed error={use.error} />}
        <Button type="submit" loading={use.isPending} disabled={!link}>
          {t('welcome.do')}
        </Button>
      </form>
    </Gate>
  )
}

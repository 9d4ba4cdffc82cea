import { Button, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client } from '../../api/client'
import { Failed, Notice, useTitle } from '../../ui/page'
import { Gate } from './gate'

/** Forgot has a link for a new password sent. It says the same whether anybody has the address. */
export function Forgot() {
  const { t } = useTranslation()
  useTitle(t('forgot.title'))
  const [email, setEmail] = useState('')
  const send = useMutation({ mutationFn: () => ask(client.POST('/api/v1/session/forgot', { body: { email } })) })
  return (
    <Gate title={t('forgot.title')}>
      {send.isSuccess ? (
        <Notice tone="ok">{t('forgot.sent', { email })}</Notice>
      ) : (
        <form
          className="stack"
          onSubmit={(e) => {
            e.preventDefault()
            send.mutate()
          }}
        >
          <TextInput label={t('person.email')} description={t('forgot.help')} type="email" autoComplete="username" required value={email} onChange={(e) => setEmail(e.currentTarget.value)} />
          {send.isError && <Failed error={send.error} />}
          <Button type="submit" loading={send.isPending}>
            {t('forgot.do')}
          </Button>
        </form>
      )}
      <Link to="/">{t('forgot.back')}</Link>
    </Gate>
  )
}

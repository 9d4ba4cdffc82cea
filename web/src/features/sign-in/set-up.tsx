import { Button, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, Failure } from '../../api/client'
import { gate } from '../../app/session'
import { Failed, useTitle } from '../../ui/page'
import { Password } from '../../ui/password'
import { Gate, secretOf } from './gate'

/** SetUp makes the first owner with the token that the gateway printed. */
export function SetUp() {
  const { t } = useTranslation()
  useTitle(t('setUp.title'))
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const [body, setBody] = useState(() => ({ token: secretOf('token'), email: '', name: '', password: '' }))
  const change = (field: keyof typeof body) => (e: { currentTarget: { value: string } }) => {
    const { value } = e.currentTarget
    setBody((b) => ({ ...b, [field]: value }))
  }
  const make = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/setup', { body })),
    onSuccess: async (session) => {
      queryClient.setQueryData(gate.queryKey, { session })
      await navigate({ to: '/flows' })
    },
  })
  const wrong = (field: string) => (make.error instanceof Failure ? make.error.field(field) : undefined)
  return (
    <Gate title={t('setUp.title')}>
      <form
        className="stack"
        onSubmit={(e) => {
          e.preventDefault()
          make.mutate()
        }}
      >
        <TextInput label={t('setUp.token')} description={t('setUp.tokenHelp')} required value={body.token} onChange={change('token')} autoComplete="off" />
        <TextInput label={t('person.name')} value={body.name} onChange={change('name')} autoComplete="name" />
        <TextInput label={t('person.email')} type="email" required error={wrong('email')} value={body.email} onChange={change('email')} autoComplete="username" />
        <Password label={t('person.newPassword')} description={t('person.passwordRule')} error={wrong('password')} value={body.password} onChange={change('password')} autoComplete="new-password" />
        {make.isError && !wrong('email') && !wrong('password') && <Failed error={make.error} />}
        <Button type="submit" loading={make.isPending}>
          {t('setUp.do')}
        </Button>
      </form>
    </Gate>
  )
}

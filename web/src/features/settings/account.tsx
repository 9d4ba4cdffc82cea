import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, Failure } from '../../api/client'
import { useSession } from '../../app/frame'
import { Failed, Notice } from '../../ui/page'
import { told } from '../../ui/toast'
import { Password } from '../../ui/password'
import { Alerts } from './alerts'
import { Passkeys } from './passkeys'
import { SecondFactor } from './second-factor'
import { Sessions } from './sessions'

/** Account is what a person changes about themselves. */
export function Account() {
  const { t } = useTranslation()
  const { user, may, visitor } = useSession()
  const [old, setOld] = useState('')
  const [password, setPassword] = useState('')
  const change = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/session/password', { body: { old, password } })),
    onSuccess: () => {
      told(t('account.changed'))
      setOld('')
      setPassword('')
    },
  })
  const wrong = (field: string) => (change.error instanceof Failure ? change.error.field(field) : undefined)
  return (
    <div className="stack" style={{ maxWidth: 480 }}>
      <div className="card pad stack">
        <div>
          <h2>{user.name}</h2>
          <span className="dim">
            {user.email} · {t(`role.${user.role}`)}
          </span>
        </div>
        {visitor ? (
          <Notice>{t('account.visitor')}</Notice>
        ) : (
          <form
            className="stack"
            onSubmit={(e) => {
              e.preventDefault()
              change.mutate()
            }}
          >
            <Password label={t('account.old')} autoComplete="current-password" value={old} onChange={(e) => setOld(e.currentTarget.value)} error={wrong('old')} />
            <Password label={t('person.newPassword')} description={t('person.passwordRule')} autoComplete="new-password" value={password} onChange={(e) => setPassword(e.currentTarget.value)} error={wrong('password')} />
            {change.isError && !wrong('old') && !wrong('password') && <Failed error={change.error} />}
            <Button type="submit" loading={change.isPending}>
              {t('account.change')}
            </Button>
          </form>
        )}
      </div>
      {may('admin') && <Alerts />}
      {!visitor && <Passkeys />}
      {!visitor && <SecondFactor />}
      <Sessions />
    </div>
  )
}

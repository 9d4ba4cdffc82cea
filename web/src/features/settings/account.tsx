import { Button, Switch } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, Failure } from '../../api/client'
import { useSession } from '../../app/frame'
import { Failed } from '../../ui/page'
import { told } from '../../ui/toast'
import { Password } from '../../ui/password'
import { Passkeys } from './passkeys'
import { SecondFactor } from './second-factor'
import { Sessions } from './sessions'

/** Account is what a person changes about themselves. */
export function Account() {
  const { t } = useTranslation()
  const { user, may } = useSession()
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
      </div>
      {may('admin') && <Alerts />}
      <Passkeys />
      <SecondFactor />
      <Sessions />
    </div>
  )
}

/** Alerts switches the e-mails on and off that tell what has to be mended. */
function Alerts() {
  const { t } = useTranslation()
  const { user, mail } = useSession()
  const queries = useQueryClient()
  const change = useMutation({
    mutationFn: (on: boolean) => ask(client.PUT('/api/v1/session/alerts', { body: { on } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['session'] }),
  })
  return (
    <div className="card pad stack">
      <Switch label={t('account.alerts')} description={t(mail ? 'account.alertsHelp' : 'account.noMail')} checked={user.alerts} disabled={change.isPending} onChange={(e) => change.mutate(e.currentTarget.checked)} />
      {change.isError && <Failed error={change.error} />}
    </div>
  )
}

import { Switch } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ask, client } from '../../api/client'
import { useSession } from '../../app/frame'
import { Failed } from '../../ui/page'

/** Alerts switches the e-mails on and off that tell what has to be mended. */
export function Alerts() {
  const { t } = useTranslation()
  const { user, mail } = useSession()
  const queries = useQueryClient()
  const change = useMutation({
    mutationFn: (on: boolean) => ask(client.PUT('/api/v1/session/alerts', { body: { on } })),
    onSuccess: () => Promise.all([queries.invalidateQueries({ queryKey: ['session'] }), queries.invalidateQueries({ queryKey: ['users'] })]),
  })
  return (
    <div className="card pad stack">
      <Switch label={t('account.alerts')} description={t(mail ? 'account.alertsHelp' : 'account.noMail')} checked={user.alerts} disabled={change.isPending} onChange={(e) => change.mutate(e.currentTarget.checked)} />
      {change.isError && <Failed error={change.error} />}
    </div>
  )
}

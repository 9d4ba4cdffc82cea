import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { Copy, Failed, Loaded, Notice } from '../../ui/page'
import { Table } from '../../ui/table'
import { told } from '../../ui/toast'
import { systemState } from './system'

/** Keys shows with which keys secrets are sealed, and seals them anew with the newest. */
export function Keys() {
  const system = useQuery(systemState)
  return <Loaded query={system}>{(s) => <Rotation keys={s.keys ?? []} />}</Loaded>
}

function Rotation({ keys }: { keys: Schemas['SecretKey'][] }) {
  const { t, i18n } = useTranslation()
  const queryClient = useQueryClient()
  const reseal = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/system/reseal')),
    onSuccess: ({ secrets }) => told(t('sealing.done', { count: secrets })),
    onSettled: () => queryClient.invalidateQueries({ queryKey: systemState.queryKey }),
  })
  const old = keys.filter((k) => !k.seals && k.known)
  const left = old.reduce((n, k) => n + k.secrets, 0)
  const lost = keys.filter((k) => !k.known)
  const stuck = reseal.data?.stuck ?? []
  const number = new Intl.NumberFormat(i18n.language)
  return (
    <div className="stack" style={{ gap: 16 }}>
      <p className="dim" style={{ margin: 0, maxWidth: '45rem' }}>
        {t('sealing.help')}
      </p>
      {lost.length > 0 && <Notice tone="failed">{t('sealing.lost', { count: lost.reduce((n, k) => n + k.secrets, 0), keys: lost.map((k) => k.id).join(', ') })}</Notice>}
      {left > 0 && (
        <Notice
          tone="warning"
          action={
            <Button size="compact-md" loading={reseal.isPending} onClick={() => reseal.mutate()}>
              {t('sealing.reseal')}
            </Button>
          }
        >
          {t('sealing.left', { count: left })}
        </Notice>
      )}
      {left === 0 && old.length > 0 && <Notice tone="ok">{t('sealing.mayGo', { keys: old.map((k) => k.id).join(', ') })}</Notice>}
      {reseal.isError && <Failed error={reseal.error} />}
      {stuck.length > 0 && (
        <Notice tone="failed">
          {t('sealing.stuck')}
          <ul lang="en">{stuck.map((s) => <li key={s}>{s}</li>)}</ul>
        </Notice>
      )}
      <section className="card" aria-label={t('settings.sealing')}>
        <Table
          rows={keys} id={(k) => k.id}
          columns={[
            { head: t('sealing.fingerprint'), cell: (k) => <Copy text={k.id} /> },
            { head: t('sealing.use'), cell: (k) => t(k.seals ? 'sealing.seals' : k.known ? 'sealing.opens' : 'sealing.missing') },
            { head: t('sealing.secrets'), className: 'end', cell: (k) => number.format(k.secrets) },
          ]}
        />
      </section>
      <section className="card pad stack" aria-labelledby="rotate">
        <h2 id="rotate">{t('sealing.rotate')}</h2>
        <ol style={{ margin: 0, paddingLeft: 20 }}>
          <li>{t('sealing.step1')}</li>
          <li>{t('sealing.step2')}</li>
          <li>{t('sealing.step3')}</li>
        </ol>
        <Notice>{t('sealing.backup')}</Notice>
      </section>
    </div>
  )
}

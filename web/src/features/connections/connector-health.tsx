import { Button, Switch } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { useSession } from '../../app/frame'
import { Notice } from '../../ui/page'
import { Status } from '../../ui/status'
import { Time } from '../../ui/time'

type Protection = 'network' | 'files' | 'temporary' | 'processes' | 'memory' | 'tasks' | 'cpu' | 'privileges'

type Fault = 'late_call' | 'second_reply' | 'refused_reply' | 'held_back' | 'greedy'

/** ConnectorHealth shows how a connector's process is doing, what it is kept from, what it said last, and its versions. */
export function ConnectorHealth({ connector: c }: { connector: Schemas['Connector'] }) {
  const { t } = useTranslation()
  const admin = useSession().may('admin')
  const queryClient = useQueryClient()
  const after = { onSuccess: () => queryClient.invalidateQueries({ queryKey: ['connectors'] }) }
  const path = { connector: c.name }
  const restart = useMutation({ mutationFn: () => ask(client.POST('/api/v1/connectors/{connector}/restart', { params: { path } })), ...after })
  const allow = useMutation({ mutationFn: (allowed: boolean) => ask(client.PUT('/api/v1/connectors/{connector}/direct', { params: { path }, body: { allowed } })), ...after })
  const choose = useMutation({ mutationFn: (version: string) => ask(client.POST('/api/v1/connectors/{connector}/choose', { params: { path }, body: { version } })), ...after })
  const kept = (list?: string[] | null) => (list ?? []).map((p) => t(`connectors.kept.${p as Protection}`)).join(' · ')
  const versions = c.versions ?? []
  const faults = Object.entries(c.faults ?? {}).sort()
  return (
    <>
      {c.manifest.direct && (
        <Notice tone="warning">
          <strong>{t(c.direct ? 'connectors.dials' : 'connectors.wantsToDial')}</strong> {c.manifest.direct} {t('connectors.dialsHelp')}
          {admin && (
            <Switch mt={8} label={t('connectors.allowDirect')} checked={c.direct === true} disabled={allow.isPending} onChange={(e) => allow.mutate(e.currentTarget.checked)} />
          )}
          {allow.error && <div>{allow.error.message}</div>}
        </Notice>
      )}
      {c.problem && (
        <Notice
          tone="failed"
          action={
            admin && ['quarantined', 'backing_off'].includes(c.health) ? (
              <Button size="xs" variant="default" loading={restart.isPending} onClick={() => restart.mutate()}>
                {t('connectors.restart')}
              </Button>
            ) : undefined
          }
        >
          {c.problem}
        </Notice>
      )}
      {c.slowed && <Notice tone="warning">{t('connectors.slowed')}</Notice>}
      {c.trouble && c.trouble_at && !c.problem && (
        <div className="dim">
          {t('connectors.trouble')} <Time at={c.trouble_at} />: {c.trouble}
        </div>
      )}
      {faults.length > 0 && (
        <div>
          <h3 className="label">{t('connectors.faults')}</h3>
          <ul style={{ margin: 0, paddingLeft: 18 }}>
            {faults.map(([fault, count]) => (
              <li key={fault}>
                {t(`connectors.fault.${fault as Fault}`)}: {count}
              </li>
            ))}
          </ul>
        </div>
      )}
      <div>
        <h3 className="label">{t('connectors.protections')}</h3>
        {kept(c.protections) || t('connectors.unprotected')}
        {(c.missing ?? []).length > 0 && <div className="dim">{t('connectors.missing', { list: kept(c.missing) })}</div>}
      </div>
      {versions.length > 0 && (
        <div>
          <h3 className="label">{t('connectors.versions')}</h3>
          <ul style={{ margin: 0, paddingLeft: 18 }}>
            {versions.map((v, n) => (
              <li key={v.version} style={{ padding: '2px 0' }}>
                <span className="mono">{v.version}</span> {n === 0 && t('connectors.inUse')} <Status state={v.health} />{' '}
                <span className="dim">
                  <Time at={v.installed_at} /> · {v.signed_by ? t('connectors.signed', { by: v.signed_by }) : t('connectors.unsigned')} ·{' '}
                  {t('connectors.crashes', { count: v.crashes })}
                </span>{' '}
                {admin && n > 0 && (
                  <Button size="compact-xs" variant="default" loading={choose.isPending && choose.variables === v.version} onClick={() => choose.mutate(v.version)}>
                    {t('connectors.choose', { version: v.version })}
                  </Button>
                )}
              </li>
            ))}
          </ul>
          {choose.error && <Notice tone="failed">{choose.error.message}</Notice>}
        </div>
      )}
      {(c.output ?? []).length > 0 && (
        <div>
          <h3 className="label">{t('connectors.output')}</h3>
          <pre className="mono" style={{ margin: 0, maxHeight: 240, overflow: 'auto', whiteSpace: 'pre-wrap' }}>
            {(c.output ?? []).join('\n')}
          </pre>
        </div>
      )}
    </>
  )
}

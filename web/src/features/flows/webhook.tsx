import { Button, Select } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ask, client, Failure } from '../../api/client'
import type { Flow, Json, Path } from '../../flow/document'
import { Copy, Failed, Notice } from '../../ui/page'
import { TextField } from '../../ui/schema-fields'
import { Time } from '../../ui/time'

const schemes = ['standard_webhooks', 'hmac_sha256', 'token', 'none'] as const
type Scheme = (typeof schemes)[number]

interface Props {
  flow: Flow
  put: (at: Path, value: Json | undefined) => void
  error: (at: string) => string | undefined
  readOnly: boolean
}

/** WebhookForm says how senders prove who they are to a flow's own address, and shows the address. */
export function WebhookForm({ flow, put, error, readOnly }: Props) {
  const { t } = useTranslation()
  const given = (flow.trigger.with ?? {}) as { [key: string]: Json }
  const scheme = String(given.auth ?? '') as Scheme
  const text = (name: string, label: string, help?: string) => (
    <TextField label={label} description={help} value={String(given[name] ?? '')} set={(v) => put(['trigger', 'with', name], v || undefined)} error={error(`trigger.with.${name}`)} />
  )
  return (
    <>
      <Select
        label={t('webhook.auth')} withAsterisk allowDeselect={false} value={scheme || null} error={error('trigger.with.auth')} data={schemes.map((s) => ({ value: s, label: t(`webhookAuth.${s}`) }))}
        onChange={(v) => v && put(['trigger', 'with'], { auth: v, ...(given.answer ? { answer: given.answer } : {}), ...(given.within ? { within: given.within } : {}), ...(v === 'hmac_sha256' ? { header: 'X-Signature' } : v === 'token' ? { header: 'X-Token' } : {}) })}
      />
      {(scheme === 'hmac_sha256' || scheme === 'token') && text('header', t('webhook.header'), t('webhook.headerHelp'))}
      {scheme === 'token' && text('query', t('webhook.query'))}
      {scheme === 'hmac_sha256' && (
        <>
          {text('prefix', t('webhook.prefix'))}
          <Select label={t('webhook.encoding')} data={['hex', 'base64']} value={String(given.encoding ?? 'hex')} allowDeselect={false} onChange={(v) => put(['trigger', 'with', 'encoding'], v && v !== 'hex' ? v : undefined)} />
        </>
      )}
      {scheme !== 'standard_webhooks' && text('delivery_key', t('webhook.deliveryKey'), t('webhook.deliveryKeyHelp'))}
      <Select
        label={t('webhook.answer')} data={(['at_once', 'respond'] as const).map((value) => ({ value, label: t(`webhook.answer_${value}`) }))} value={String(given.answer ?? 'at_once')} allowDeselect={false} error={error('trigger.with.answer')}
        onChange={(v) => {
          const { answer: _, within: __, ...rest } = given
          put(['trigger', 'with'], { ...rest, ...(v === 'respond' ? { answer: v, within: '10s' } : {}) })
        }}
      />
      {given.answer === 'respond' && text('within', t('webhook.within'), t('webhook.withinHelp'))}
      {scheme === 'none' && <Notice tone="warning">{t('webhook.open')}</Notice>}
      <Address name={flow.name} readOnly={readOnly} />
    </>
  )
}

function Address({ name, readOnly }: { name: string; readOnly: boolean }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const hook = useQuery({
    queryKey: ['flows', name, 'webhook'],
    queryFn: async () => {
      try {
        return await ask(client.GET('/api/v1/flows/{name}/webhook', { params: { path: { name } } }))
      } catch (error) {
        if (error instanceof Failure && error.status === 404) return null // not published with this trigger yet
        throw error
      }
    },
  })
  const secret = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/flows/{name}/webhook/secret', { params: { path: { name } }, body: {} })),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['flows', name, 'webhook'] }),
  })
  if (hook.isError) return <Failed error={hook.error} />
  if (hook.data === undefined) return null
  if (hook.data === null) return <Notice>{t('webhook.afterPublish')}</Notice>
  const { url, auth, has_secret: has, previous_until: until } = hook.data
  return (
    <div className="stack">
      <div>
        <h3 className="label">{t('webhook.address')}</h3>
        <Copy text={url} />
        <div className="dim" style={{ fontSize: 12 }}>
          {t('webhook.addressHelp')}
        </div>
      </div>
      {auth !== 'none' && !has && <Notice tone="warning">{t('webhook.needsSecret')}</Notice>}
      {auth !== 'none' && !readOnly && (
        <Button variant="default" onClick={() => secret.mutate()} loading={secret.isPending}>
          {t('webhook.newSecret')}
        </Button>
      )}
      {secret.data && (
        <Notice tone="warning">
          {t('webhook.once')}
          <Copy text={secret.data.secret} />
          {until && <Time at={until} />}
        </Notice>
      )}
      {secret.isError && <Failed error={secret.error} />}
    </div>
  )
}

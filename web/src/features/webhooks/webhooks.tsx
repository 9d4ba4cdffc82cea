import { Button, Drawer, MultiSelect, Select, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client } from '../../api/client'
import type { components } from '../../api/schema'
import { useSession } from '../../app/frame'
import { Ask, Dialog } from '../../ui/dialog'
import { Copy, Empty, Failed, Json, Loaded, Notice, Page } from '../../ui/page'
import { Status } from '../../ui/status'
import { Table } from '../../ui/table'
import { duration, Time } from '../../ui/time'
import { failed, told } from '../../ui/toast'
import { Ways } from './ways'

type Endpoint = components['schemas']['Endpoint']

const events = [
  '*', 'run.*', 'wait.*', 'message.*', 'run.started', 'run.succeeded', 'run.failed', 'run.cancelled', 'wait.opened', 'wait.replied',
  'wait.no_response', 'wait.invalid', 'wait.undelivered', 'wait.cancelled', 'wait.late_reply', 'custom.*', 'contact.*', 'alert.*', 'message.received', 'message.sent', 'message.delivered', 'message.read', 'message.failed', 'endpoint.disabled',
]
const every = 5_000

/** Webhooks lists the outside addresses that are told what happens. */
export function Webhooks() {
  const { t } = useTranslation()
  const { may } = useSession()
  const [making, setMaking] = useState(false)
  const [shown, setShown] = useState<string>()
  const endpoints = useQuery({ queryKey: ['endpoints'], refetchInterval: every, queryFn: () => ask(client.GET('/api/v1/endpoints', { params: { query: { limit: 200 } } })) })
  const add = may('write') && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
      {t('endpoint.new')}
    </Button>
  )
  const one = endpoints.data?.items?.find((e) => e.id === shown)
  return (
    <Page title={t('nav.webhooks')} hint={<Ways />} actions={endpoints.data?.items?.length ? add : undefined}>
      <p className="dim">{t('endpoint.help')}</p>
      <Loaded query={endpoints}>
        {({ items }) => (
          <div className="card">
            {(items ?? []).length === 0 ? (
              <Empty action={add}>{t('endpoint.empty')}</Empty>
            ) : (
              <Table
                rows={items ?? []} id={(e) => e.id}
                columns={[
                  {
                    head: t('endpoint.url'),
                    cell: (e) => (
                      <>
                        <div className="mono">{e.url}</div>
                        {e.description && <div className="dim">{e.description}</div>}
                      </>
                    ),
                  },
                  { head: t('endpoint.events'), className: 'mono', cell: (e) => (e.events ?? []).join(', ') },
                  { head: t('endpoint.state'), cell: (e) => <Status state={health(e)} /> },
                  { head: t('endpoint.created'), cell: (e) => <Time at={e.created_at} /> },
                  {
                    className: 'end',
                    cell: (e) => (
                      <Button size="compact-sm" variant="default" onClick={() => setShown(e.id)} aria-label={`${t('endpoint.log')}: ${e.url}`}>
                        {t('endpoint.log')}
                      </Button>
                    ),
                  },
                ]}
              />
            )}
          </div>
        )}
      </Loaded>
      {making && <NewEndpoint close={() => setMaking(false)} />}
      <Drawer opened={!!one} onClose={() => setShown(undefined)} position="right" size="xl" title={one?.url} closeButtonProps={{ 'aria-label': t('do.close') }}>
        {one && <EndpointLog endpoint={one} gone={() => setShown(undefined)} />}
      </Drawer>
    </Page>
  )
}

function health(e: Endpoint): string {
  if (e.state === 'disabled') return 'disabled'
  return e.failing_since ? 'failing' : 'live'
}

/** NewEndpoint shows the secret that it made once: closed, it forgets it. */
function NewEndpoint({ close }: { close: () => void }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const [url, setURL] = useState('')
  const [description, setDescription] = useState('')
  const [wanted, setWanted] = useState<string[]>(['run.*', 'wait.*'])
  const make = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/endpoints', { body: { url, description, events: wanted } })),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['endpoints'] }),
  })
  if (make.data)
    return (
      <Dialog title={t('endpoint.new')} close={close}>
        <Secret text={make.data.secret} leave={close} />
      </Dialog>
    )
  return (
    <Ask title={t('endpoint.new')} close={close} act={make} does={t('endpoint.new')}>
          <TextInput label={t('endpoint.url')} placeholder="https://crm.example.com/webhooks/cordboard" required data-autofocus value={url} onChange={(e) => setURL(e.currentTarget.value)} />
          <TextInput label={t('endpoint.description')} value={description} onChange={(e) => setDescription(e.currentTarget.value)} />
          <MultiSelect label={t('endpoint.events')} description={t('endpoint.eventsHelp')} data={events} value={wanted} onChange={setWanted} searchable required={wanted.length === 0} clearButtonProps={{ 'aria-label': t('do.clear') }} />
    </Ask>
  )
}

function Secret({ text, leave }: { text: string; leave: () => void }) {
  const { t } = useTranslation()
  return (
    <div className="stack">
      <Notice tone="warning">{t('endpoint.once')}</Notice>
      <Copy text={text} />
      <Button onClick={leave}>{t('do.done')}</Button>
    </div>
  )
}

function EndpointLog({ endpoint, gone }: { endpoint: Endpoint; gone: () => void }) {
  const { t } = useTranslation()
  const { may } = useSession()
  const queryClient = useQueryClient()
  const [open, setOpen] = useState<string>()
  const path = { id: endpoint.id }
  const deliveries = useQuery({
    queryKey: ['deliveries', endpoint.id],
    refetchInterval: every,
    queryFn: () => ask(client.GET('/api/v1/deliveries', { params: { query: { endpoint: endpoint.id, limit: 50 } } })),
  })
  const settled = () => Promise.all([queryClient.invalidateQueries({ queryKey: ['deliveries'] }), queryClient.invalidateQueries({ queryKey: ['endpoints'] })])
  const onError = (error: unknown) => failed(error, t('failed.unreachable'))
  const test = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/endpoints/{id}/test', { params: { path } })),
    onSuccess: () => told(t('endpoint.tested')),
    onError,
    onSettled: settled,
  })
  const turn = useMutation({
    mutationFn: () => ask(client.PATCH('/api/v1/endpoints/{id}', { params: { path }, body: { state: endpoint.state === 'active' ? 'disabled' : 'active' } })),
    onError,
    onSettled: settled,
  })
  const rotate = useMutation({ mutationFn: () => ask(client.POST('/api/v1/endpoints/{id}/secret', { params: { path } })), onError })
  const [recovering, setRecovering] = useState(false)
  const remove = useMutation({
    mutationFn: () => ask(client.DELETE('/api/v1/endpoints/{id}', { params: { path } })),
    onSuccess: gone,
    onError,
    onSettled: settled,
  })
  return (
    <div className="stack">
      {endpoint.reason && <Notice tone="warning">{endpoint.reason}</Notice>}
      {rotate.data && <Secret text={rotate.data.secret} leave={() => rotate.reset()} />}
      <div className="row wrap">
        {may('operate') && (
          <Button size="compact-sm" onClick={() => test.mutate()} disabled={endpoint.state !== 'active'}>
            {t('endpoint.test')}
          </Button>
        )}
        {may('operate') && (
          <Button size="compact-sm" variant="default" onClick={() => setRecovering(true)}>
            {t('endpoint.recover')}
          </Button>
        )}
        {may('write') && (
          <>
            <Button size="compact-sm" variant="default" onClick={() => turn.mutate()}>
              {endpoint.state === 'active' ? t('endpoint.turnOff') : t('endpoint.turnOn')}
            </Button>
            <Button size="compact-sm" variant="default" onClick={() => rotate.mutate()}>
              {t('endpoint.rotate')}
            </Button>
            <Button size="compact-sm" variant="subtle" color="red" onClick={() => remove.mutate()}>
              {t('do.delete')}
            </Button>
          </>
        )}
      </div>
      <Loaded query={deliveries}>
        {({ items }) =>
          (items ?? []).length === 0 ? (
            <Empty>{t('endpoint.nothingSent')}</Empty>
          ) : (
            <div className="card">
              <Table
                rows={items ?? []} id={(d) => d.id}
                columns={[
                  {
                    head: t('endpoint.event'),
                    cell: (d) => (
                      <button type="button" className="link mono" onClick={() => setOpen(d.id === open ? undefined : d.id)} aria-expanded={d.id === open}>
                        {d.type}
                      </button>
                    ),
                  },
                  { head: t('endpoint.state'), cell: (d) => <Status state={d.state} /> },
                  { head: t('endpoint.attempts'), cell: (d) => d.attempts },
                  { head: t('endpoint.created'), cell: (d) => <Time at={d.created_at} /> },
                ]}
              />
            </div>
          )
        }
      </Loaded>
      {open && <Attempts id={open} resent={settled} />}
      {recovering && <Recover endpoint={endpoint} close={() => setRecovering(false)} done={settled} />}
    </div>
  )
}

const hour = 3_600_000
const spans = [1, 6, 24, 72, 168, 720]

/** Recover counts first what an endpoint has missed, and then sends it. */
function Recover({ endpoint, close, done }: { endpoint: Endpoint; close: () => void; done: () => Promise<unknown> }) {
  const { t, i18n } = useTranslation()
  const [hours, setHours] = useState('24')
  const [opened] = useState(Date.now)
  const body = { since: new Date(opened - Number(hours) * hour).toISOString() }
  const params = { params: { path: { id: endpoint.id } } }
  const missed = useQuery({ queryKey: ['endpoints', endpoint.id, 'missed', body.since], queryFn: () => ask(client.POST('/api/v1/endpoints/{id}/recover', { ...params, body: { ...body, dry_run: true } })) })
  const recover = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/endpoints/{id}/recover', { ...params, body })),
    onSuccess: ({ deliveries }) => {
      told(t('endpoint.recovered', { count: deliveries }))
      close()
    },
    onSettled: done,
  })
  const n = missed.data?.deliveries
  return (
    <Ask title={t('endpoint.recover')} close={close} act={recover} does={n ? t('endpoint.recoverDo', { count: n }) : t('endpoint.recover')} ready={!!n}>
      <p>{t('endpoint.recoverHelp')}</p>
      <Select
        data-autofocus label={t('endpoint.since')} allowDeselect={false} value={hours} onChange={(v) => v && setHours(v)}
        data={spans.map((h) => ({ value: String(h), label: t('runs.last', { span: duration(h * 3600, i18n.language) }) }))}
      />
      <div role="status">
        {missed.isError ? <Failed error={missed.error} retry={() => void missed.refetch()} /> : n === undefined ? t('endpoint.counting') : n === 0 ? t('endpoint.missedNone') : t('endpoint.missed', { count: n })}
      </div>
      {endpoint.state !== 'active' && <Notice tone="warning">{t('endpoint.recoverOff')}</Notice>}
    </Ask>
  )
}

function Attempts({ id, resent }: { id: string; resent: () => Promise<unknown> }) {
  const { t } = useTranslation()
  const { may } = useSession()
  const path = { id }
  const delivery = useQuery({ queryKey: ['deliveries', 'one', id], refetchInterval: every, queryFn: () => ask(client.GET('/api/v1/deliveries/{id}', { params: { path } })) })
  const resend = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/deliveries/{id}/resend', { params: { path } })),
    onError: (error) => failed(error, t('failed.unreachable')),
    onSettled: resent,
  })
  return (
    <Loaded query={delivery} rows={3}>
      {(d) => (
        <section className="stack" aria-label={d.type}>
          <div className="spread">
            <Copy text={d.event_id} />
            {may('operate') && (
              <Button size="compact-sm" variant="default" loading={resend.isPending} onClick={() => resend.mutate()}>
                {t('endpoint.resend')}
              </Button>
            )}
          </div>
          <ol>
            {(d.log ?? []).map((a) => (
              <li key={a.number}>
                <Time at={a.at} /> · {a.status ?? '–'} · {a.duration_ms} ms
                {a.failure && <div>{a.failure}</div>}
                {a.response && <div className="mono dim">{a.response}</div>}
              </li>
            ))}
          </ol>
          <Json value={d.payload} label={t('endpoint.payload')} />
        </section>
      )}
    </Loaded>
  )
}

import { Button, Drawer, Modal, MultiSelect, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client } from '../../api/client'
import type { components } from '../../api/schema'
import { useSession } from '../../app/frame'
import { Copy, Empty, Failed, Json, Loaded, Notice, Page } from '../../ui/page'
import { Status } from '../../ui/status'
import { Time } from '../../ui/time'
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
  const one = endpoints.data?.items?.find((e) => e.id === shown)
  return (
    <Page
      title={t('nav.webhooks')}
      hint={<Ways />}
      actions={
        may('write') && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
            {t('endpoint.new')}
          </Button>
        )
      }
    >
      <p className="dim">{t('endpoint.help')}</p>
      <Loaded query={endpoints}>
        {({ items }) => (
          <div className="card table-box">
            {(items ?? []).length === 0 ? (
              <Empty>{t('endpoint.empty')}</Empty>
            ) : (
              <table className="list">
                <thead>
                  <tr>
                    <th scope="col">{t('endpoint.url')}</th>
                    <th scope="col">{t('endpoint.events')}</th>
                    <th scope="col">{t('endpoint.state')}</th>
                    <th scope="col">{t('endpoint.created')}</th>
                    <th scope="col">
                      <span className="visually-hidden">{t('run.actions')}</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {(items ?? []).map((e) => (
                    <tr key={e.id}>
                      <td>
                        <div className="mono">{e.url}</div>
                        {e.description && <div className="dim">{e.description}</div>}
                      </td>
                      <td className="mono">{(e.events ?? []).join(', ')}</td>
                      <td>
                        <Status state={health(e)} />
                      </td>
                      <td>
                        <Time at={e.created_at} />
                      </td>
                      <td className="end">
                        <Button size="compact-sm" variant="default" onClick={() => setShown(e.id)} aria-label={`${t('endpoint.log')}: ${e.url}`}>
                          {t('endpoint.log')}
                        </Button>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </div>
        )}
      </Loaded>
      <NewEndpoint opened={making} close={() => setMaking(false)} />
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

function NewEndpoint({ opened, close }: { opened: boolean; close: () => void }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const [url, setURL] = useState('')
  const [description, setDescription] = useState('')
  const [wanted, setWanted] = useState<string[]>(['run.*', 'wait.*'])
  const make = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/endpoints', { body: { url, description, events: wanted } })),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['endpoints'] }),
  })
  const leave = () => {
    make.reset() // the secret is shown once
    setURL('')
    setDescription('')
    close()
  }
  return (
    <Modal opened={opened} onClose={leave} title={t('endpoint.new')} closeButtonProps={{ 'aria-label': t('do.close') }}>
      {make.data ? (
        <Secret text={make.data.secret} leave={leave} />
      ) : (
        <form
          className="stack"
          onSubmit={(e) => {
            e.preventDefault()
            make.mutate()
          }}
        >
          <TextInput label={t('endpoint.url')} placeholder="https://crm.example.com/webhooks/cordboard" required data-autofocus value={url} onChange={(e) => setURL(e.currentTarget.value)} />
          <TextInput label={t('endpoint.description')} value={description} onChange={(e) => setDescription(e.currentTarget.value)} />
          <MultiSelect label={t('endpoint.events')} description={t('endpoint.eventsHelp')} data={events} value={wanted} onChange={setWanted} searchable required={wanted.length === 0} clearButtonProps={{ 'aria-label': t('do.clear') }} />
          {make.isError && <Failed error={make.error} />}
          <Button type="submit" loading={make.isPending}>
            {t('endpoint.new')}
          </Button>
        </form>
      )}
    </Modal>
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
      <div className="row">
        {may('operate') && (
          <Button size="compact-sm" onClick={() => test.mutate()} disabled={endpoint.state !== 'active'}>
            {t('endpoint.test')}
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
            <table className="list">
              <thead>
                <tr>
                  <th scope="col">{t('endpoint.event')}</th>
                  <th scope="col">{t('endpoint.state')}</th>
                  <th scope="col">{t('endpoint.attempts')}</th>
                  <th scope="col">{t('endpoint.created')}</th>
                </tr>
              </thead>
              <tbody>
                {(items ?? []).map((d) => (
                  <tr key={d.id}>
                    <td>
                      <Button size="compact-sm" variant="subtle" onClick={() => setOpen(d.id === open ? undefined : d.id)} aria-expanded={d.id === open}>
                        {d.type}
                      </Button>
                    </td>
                    <td>
                      <Status state={d.state} />
                    </td>
                    <td>{d.attempts}</td>
                    <td>
                      <Time at={d.created_at} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
      {open && <Attempts id={open} resent={settled} />}
    </div>
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

import { Button, Drawer, MultiSelect, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client } from '../../api/client'
import { useSession } from '../../app/frame'
import { webhooksRoute } from '../../app/router'
import { Ask, Dialog } from '../../ui/dialog'
import { Empty, Loaded, Page } from '../../ui/page'
import { Status } from '../../ui/status'
import { Table } from '../../ui/table'
import { Time } from '../../ui/time'
import { EndpointLog, Secret, type Endpoint } from './endpoint'
import { Ways } from './ways'

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
  const { endpoint: shown } = webhooksRoute.useSearch()
  const navigate = useNavigate({ from: '/webhooks' })
  const setShown = (endpoint?: string) => void navigate({ search: { endpoint }, replace: true })
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
                      <div>
                        <div className="mono">{e.url}</div>
                        {e.description && <div className="dim">{e.description}</div>}
                      </div>
                    ),
                  },
                  { head: t('endpoint.events'), className: 'mono', cell: (e) => (e.events ?? []).join(', ') },
                  {
                    head: t('endpoint.state'),
                    cell: (e) => (
                      <div>
                        <Status state={health(e)} />
                        {e.failing_since && (
                          <div className="dim">
                            {t('endpoint.created')} <Time at={e.failing_since} />
                          </div>
                        )}
                      </div>
                    ),
                  },
                  { head: t('endpoint.day'), className: 'num', cell: (e) => <Day endpoint={e} /> },
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

/** Day is how much of what happened in a day has arrived. */
function Day({ endpoint: { day } }: { endpoint: Endpoint }) {
  const { t, i18n } = useTranslation()
  const ended = day ? day.delivered + day.failed : 0
  if (!day || ended + day.pending === 0) return <span className="dim">–</span>
  return (
    <span title={t('endpoint.dayOf', { delivered: day.delivered, failed: day.failed, pending: day.pending })}>
      {ended > 0 ? new Intl.NumberFormat(i18n.language, { style: 'percent', maximumFractionDigits: 1 }).format(Math.floor((1000 * day.delivered) / ended) / 1000) : '–'} <span className="dim">{t('endpoint.dayCount', { count: ended + day.pending })}</span>
    </span>
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

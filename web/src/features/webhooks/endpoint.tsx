import { Button, Select } from '@mantine/core'
import { IconClockHour4 } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { useSession } from '../../app/frame'
import { every } from '../../app/query'
import { Confirm } from '../../ui/confirm'
import { Ask } from '../../ui/dialog'
import { Copy, Empty, Failed, Json, Loaded, Notice, Raw } from '../../ui/page'
import { Status } from '../../ui/status'
import { Table } from '../../ui/table'
import { Countdown, duration, Time } from '../../ui/time'
import { failed, told } from '../../ui/toast'
import { Verify } from './verify'

export type Endpoint = Schemas['Endpoint']

/** Secret shows what signs once. */
export function Secret({ text, leave }: { text: string; leave: () => void }) {
  const { t } = useTranslation()
  return (
    <div className="stack">
      <Notice tone="warning">{t('endpoint.once')}</Notice>
      <Copy text={text} />
      <Button onClick={leave}>{t('do.done')}</Button>
    </div>
  )
}

/** EndpointLog is what was sent to an endpoint, and what can be done about it. */
export function EndpointLog({ endpoint, gone }: { endpoint: Endpoint; gone: () => void }) {
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
  const rotate = useMutation({ mutationFn: () => ask(client.POST('/api/v1/endpoints/{id}/secret', { params: { path } })), onError, onSettled: settled })
  const [asking, setAsking] = useState<'recover' | 'remove'>()
  return (
    <div className="stack">
      {endpoint.reason && <Notice tone="warning">{endpoint.reason}</Notice>}
      {endpoint.failing_since && endpoint.state === 'active' && (
        <Notice tone="warning">
          {t('endpoint.failingSince')} <Time at={endpoint.failing_since} />
        </Notice>
      )}
      {endpoint.rotated_until && Date.parse(endpoint.rotated_until) > Date.now() && (
        <Notice>
          {t('endpoint.both')} <Time at={endpoint.rotated_until} />
        </Notice>
      )}
      {rotate.data && <Secret text={rotate.data.secret} leave={() => rotate.reset()} />}
      <div className="row wrap">
        {may('operate') && (
          <Button size="compact-sm" onClick={() => test.mutate()} disabled={endpoint.state !== 'active'}>
            {t('endpoint.test')}
          </Button>
        )}
        {may('operate') && (
          <Button size="compact-sm" variant="default" onClick={() => setAsking('recover')}>
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
            <Button size="compact-sm" variant="subtle" color="red" onClick={() => setAsking('remove')}>
              {t('do.delete')}
            </Button>
          </>
        )}
      </div>
      <Verify signature={endpoint.signature} />
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
      {asking === 'recover' && <Recover endpoint={endpoint} close={() => setAsking(undefined)} done={settled} />}
      {asking === 'remove' && (
        <Confirm
          title={t('endpoint.deleteTitle')} text={t('endpoint.deleteHelp', { url: endpoint.url })} does={t('do.delete')} close={() => setAsking(undefined)}
          act={() => ask(client.DELETE('/api/v1/endpoints/{id}', { params: { path } }))}
          done={() => {
            gone()
            void settled()
          }}
        />
      )}
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
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
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
          <ol className="lines card">
            {(d.log ?? []).map((a) => (
              <li key={a.number} style={{ alignItems: 'flex-start' }}>
                <span className="dim">{number.format(a.number)}</span>
                <div className="grow">
                  <div className="row wrap">
                    <Status state={a.outcome === 'unknown' ? 'sending' : a.outcome} />
                    {a.status && <strong className="mono">{a.status}</strong>}
                    <span className="dim">{t('run.ms', { ms: number.format(a.duration_ms) })}</span>
                  </div>
                  {a.failure && <div>{a.failure}</div>}
                  {a.response && <Raw text={a.response} label={t('endpoint.answered')} />}
                </div>
                <Time at={a.at} />
              </li>
            ))}
            {d.state === 'pending' && d.next_at && (
              <li>
                <IconClockHour4 size={16} stroke={1.75} aria-hidden />
                <span className="grow">{t('endpoint.next', { n: number.format(d.attempts + 1) })}</span>
                <Countdown until={d.next_at} />
              </li>
            )}
          </ol>
          <Json value={d.payload} label={t('endpoint.payload')} />
        </section>
      )}
    </Loaded>
  )
}

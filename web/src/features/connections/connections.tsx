import { Button, Select, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, Failure, type Schemas } from '../../api/client'
import { connectionList, connectorList } from '../../app/ahead'
import { useSession } from '../../app/frame'
import type { Fields } from '../../flow/document'
import { Confirm } from '../../ui/confirm'
import { Ask, Dialog } from '../../ui/dialog'
import { Copy, Empty, Failed, Loaded, Notice, Page } from '../../ui/page'
import { SchemaFields } from '../../ui/schema-fields'
import { Status } from '../../ui/status'
import { Countdown, Time } from '../../ui/time'
import { told } from '../../ui/toast'
import { Connect } from './connect'

export function Connections() {
  const { t } = useTranslation()
  const session = useSession()
  const [making, setMaking] = useState(false)
  const connections = useQuery(connectionList)
  const add = session.may('write') && (
    <Button data-new leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
      {t('connections.new')}
    </Button>
  )
  return (
    <Page title={t('nav.connections')} actions={add}>
      <Loaded query={connections}>
        {({ items }) =>
          (items ?? []).length === 0 ? (
            <div className="card">
              <Empty action={add}>{t('connections.empty')}</Empty>
            </div>
          ) : (
            <div className="cards">
              {(items ?? []).map((c) => (
                <Card key={c.id} connection={c} />
              ))}
            </div>
          )
        }
      </Loaded>
      {making && <NewConnection close={() => setMaking(false)} />}
    </Page>
  )
}

function Card({ connection: c }: { connection: Schemas['Connection'] }) {
  const { t } = useTranslation()
  const session = useSession()
  const queryClient = useQueryClient()
  const [deleting, setDeleting] = useState(false)
  const [changing, setChanging] = useState(false)
  const [took, setTook] = useState<number>()
  const detail = useQuery({ queryKey: ['connections', c.name], queryFn: () => ask(client.GET('/api/v1/connections/{connection}', { params: { path: { connection: c.name } } })) })
  const test = useMutation({
    mutationFn: async () => {
      const began = performance.now()
      const result = await ask(client.POST('/api/v1/connections/{connection}/test', { params: { path: { connection: c.name } } }))
      setTook(Math.round(performance.now() - began))
      return result
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['connections'] }),
  })
  const full = detail.data ?? c
  const users = full.flows ?? []
  return (
    <section className="card pad stack connection" aria-label={c.name}>
      <div className="spread">
        <div>
          <h2>{c.name}</h2>
          <div className="dim">{[c.connector, c.account].filter(Boolean).join(' · ')}</div>
          {c.owner && <div className="dim">{t('connections.owner', { name: c.owner })}</div>}
        </div>
        <Status state={full.token && !full.token.connected ? 'unconnected' : full.health} />
      </div>
      {full.token && !full.token.connected && <Notice tone="warning">{t(full.token.consent ? 'connections.unconnected' : 'connections.unconnectedAlone')}</Notice>}
      {full.failure && (
        <Notice tone="failed">
          {full.failure.message}
          {full.health === 'needs_reconnect' && <div className="dim">{t(full.token?.consent ? 'connections.remedy' : 'connections.remedyAlone')}</div>}
        </Notice>
      )}
      {(full.held_runs ?? 0) > 0 && <Notice tone="waiting">{t('connections.held', { count: full.held_runs })}</Notice>}
      {full.held_until && (
        <Notice tone="waiting">
          {t('connections.patience')} <Countdown until={full.held_until} />
        </Notice>
      )}
      {full.token?.failure && <Notice tone="warning">{t('connections.renewing', { message: full.token.failure.message })}</Notice>}
      {full.token?.expires_at && full.health === 'good' && (
        <div className="dim" style={{ fontSize: 12 }}>
          {t('connections.renewed')} <Time at={full.token.expires_at} />
        </div>
      )}
      {(full.token?.scopes ?? []).length > 0 && (
        <details style={{ fontSize: 12 }}>
          <summary className="dim">{t('connections.scopesOf', { count: full.token?.scopes?.length })}</summary>
          <span className="mono" style={{ overflowWrap: 'anywhere' }}>{full.token?.scopes?.join(', ')}</span>
        </details>
      )}
      <div className="dim" style={{ fontSize: 12 }}>
        {t('connections.checked')} <Time at={c.checked_at} />
      </div>
      {detail.data && users.length === 0 && (
        <div className="dim" style={{ fontSize: 12 }}>
          {t('connections.unused')}
        </div>
      )}
      {users.length > 0 && (
        <details style={{ fontSize: 12 }}>
          <summary className="dim">{t('connections.used', { count: users.length })}</summary>
          <UsedBy flows={users} />
        </details>
      )}
      {full.webhook_url && (
        <div>
          <div className="dim" style={{ fontSize: 12 }}>
            {t('connections.webhook')}
          </div>
          <Copy text={full.webhook_url} />
        </div>
      )}
      {full.deaf_since && (
        <Notice tone="warning">
          {t('connections.deaf')} <Time at={full.deaf_since} />
        </Notice>
      )}
      {(full.subscriptions ?? []).map((s) => (
        <div key={s.trigger + narrowed(s.input)} className="row">
          <Status state={s.state === 'active' ? 'subscribed' : s.state} /> <span className="mono">{s.trigger}</span>
          {s.input !== undefined && <span className="dim mono">{narrowed(s.input)}</span>}
          {s.failure && <span style={{ color: 'var(--failed)' }}>{s.failure.message}</span>}
        </div>
      ))}
      {test.data && (
        <Notice tone={test.data.ok ? 'ok' : 'failed'}>
          {test.data.ok ? t('connections.works', { account: test.data.account ?? '', ms: took ?? 0 }) : test.data.failure?.message}
          {test.data.failure?.detail && <div className="mono">{test.data.failure.detail}</div>}
        </Notice>
      )}
      {test.isError && <Failed error={test.error} />}
      {session.may('write') && (
        <div className="row wrap">
          {full.token && <Connect connection={full} />}
          <Button variant="default" size="compact-md" onClick={() => test.mutate()} loading={test.isPending}>
            {t('connections.test')}
          </Button>
          <Button variant="default" size="compact-md" onClick={() => setChanging(true)} disabled={!detail.data}>
            {t('connections.change')}
          </Button>
          <Button variant="subtle" color="red" size="compact-md" onClick={() => setDeleting(true)}>
            {t('do.delete')}
          </Button>
        </div>
      )}
      {changing && <Change connection={full} close={() => setChanging(false)} />}
      {deleting && users.some((u) => u.enabled) && (
        <Dialog title={t('connections.deleteTitle', { name: c.name })} close={() => setDeleting(false)}>
          <p>{t('connections.inUse')}</p>
          <UsedBy flows={users} />
        </Dialog>
      )}
      {deleting && !users.some((u) => u.enabled) && (
        <Confirm
          title={t('connections.deleteTitle', { name: c.name })} text={`${t('connections.deleteHelp')}${users.length > 0 ? ` ${t('connections.offUse', { list: users.map((u) => u.title || u.name).join(', ') })}` : ''}`} does={t('do.delete')} type={c.name} close={() => setDeleting(false)}
          act={() => ask(client.DELETE('/api/v1/connections/{connection}', { params: { path: { connection: c.name } } }))}
          done={() => {
            told(t('connections.deleted', { name: c.name }))
            void queryClient.invalidateQueries({ queryKey: ['connections'], exact: true })
          }}
        />
      )}
    </section>
  )
}

/** UsedBy lists the flows that go through a connection. */
function UsedBy({ flows }: { flows: NonNullable<Schemas['Connection']['flows']> }) {
  return (
    <ul className="changes">
      {flows.map((f) => (
        <li key={f.name} className="row" style={{ minHeight: 28 }}>
          <Link to="/flows/$name" params={{ name: f.name }}>
            {f.title || f.name}
          </Link>
          <Status state={f.enabled ? 'live' : 'off'} />
        </li>
      ))}
    </ul>
  )
}

/** narrowed writes what a subscription is narrowed to, field by field. */
function narrowed(input: unknown): string {
  return Object.entries((input ?? {}) as Fields)
    .map(([name, v]) => `${name}: ${typeof v === 'string' ? v : JSON.stringify(v)}`)
    .join(', ')
}

/** Change is the form of a connection's settings. What is stored of its secrets is not known here. */
function Change({ connection: c, close }: { connection: Schemas['Connection']; close: () => void }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const connectors = useQuery(connectorList)
  const known = (c.settings ?? {}) as Fields
  const [settings, setSettings] = useState<Fields>(known)
  const fields = connectors.data?.items?.find((k) => k.name === c.connector)?.manifest.auth.fields
  const save = useMutation({
    mutationFn: () => {
      const gone = Object.keys(known).filter((f) => !(f in settings))
      return ask(client.PATCH('/api/v1/connections/{connection}', { params: { path: { connection: c.name } }, body: { settings: { ...settings, ...Object.fromEntries(gone.map((f) => [f, null])) } } as never }))
    },
    onSuccess: async (changed) => {
      await queryClient.invalidateQueries({ queryKey: ['connections'] })
      told(t(changed.health === 'good' ? 'connections.changed' : 'connections.changedOnly', { name: c.name }))
      close()
    },
  })
  const error = (path: string) => (save.error instanceof Failure ? save.error.field(path) : undefined)
  const placed = save.error instanceof Failure && (save.error.problem?.errors ?? []).some((e) => e.path)
  return (
    <Ask title={t('connections.changeTitle', { name: c.name })} close={close} size="lg" act={save} does={t('connections.save')} ready={fields !== undefined} placed={placed}>
        <p className="dim" style={{ margin: 0 }}>
          {t('connections.changeHelp')}
        </p>
        {fields && (
          <SchemaFields
            type={fields} values={settings} keeps error={(f) => error(`settings.${f}`)}
            change={(f, v) => setSettings(({ [f]: _, ...rest }) => (v === undefined ? rest : { ...rest, [f]: v }))}
          />
        )}
    </Ask>
  )
}

function NewConnection({ close }: { close: () => void }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const connectors = useQuery(connectorList)
  const [connector, setConnector] = useState<string | null>(null)
  const [name, setName] = useState('')
  const [settings, setSettings] = useState<Fields>({})
  const chosen = connectors.data?.items?.find((c) => c.name === connector)
  const make = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/connections', { body: { name, connector: connector ?? '', settings } as never })),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['connections'] })
      told(t(chosen?.redirect_url ? 'connections.madeOnly' : 'connections.made', { name }))
      close()
    },
  })
  const error = (path: string) => (make.error instanceof Failure ? make.error.field(path) : undefined)
  const fields = chosen?.manifest.auth.fields
  const known = make.error instanceof Failure && (make.error.problem?.errors ?? []).some((e) => e.path)
  return (
    <Ask title={t('connections.new')} close={close} size="lg" act={make} does={t('connections.create')} ready={!!chosen && name !== ''} placed={known}>
        <Select
          label={t('connections.connector')} data={(connectors.data?.items ?? []).map((c) => ({ value: c.name, label: c.title }))} value={connector} withAsterisk error={error('connector')} description={chosen?.summary}
          onChange={(v) => {
            setConnector(v)
            setSettings({})
            if (!name && v) setName(v)
          }}
        />
        {chosen && fields && (
          <>
            <TextInput label={t('connections.name')} description={t('connections.nameHelp')} withAsterisk value={name} onChange={(e) => setName(e.currentTarget.value)} error={error('name')} />
            {chosen.redirect_url && (
              <Notice>
                {t('connections.redirect')} <Copy text={chosen.redirect_url} />
              </Notice>
            )}
            <SchemaFields
              key={chosen.name} type={fields} values={settings} error={(f) => error(`settings.${f}`)}
              change={(f, v) => setSettings(({ [f]: _, ...rest }) => (v === undefined ? rest : { ...rest, [f]: v }))}
            />
          </>
        )}
    </Ask>
  )
}

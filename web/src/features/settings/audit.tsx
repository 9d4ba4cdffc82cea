import { Button, Menu, Select } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { settingsRoute } from '../../app/router'
import { csv, keep } from '../../ui/csv'
import { Copy, Empty, Failed, Loaded, More } from '../../ui/page'
import { Table } from '../../ui/table'
import { duration, Time } from '../../ui/time'
import { failed, told } from '../../ui/toast'
import { periods } from '../runs/filters'

type Entry = Schemas['AuditEntry']
type Filter = { actor?: string; action?: string; resource?: string; since?: string }

/** most entries are exported at once. */
const most = 5_000

const queryOf = (f: Filter) => ({ actor: f.actor, action: f.action, resource: f.resource, since: Number(f.since) > 0 ? new Date(Date.now() - Number(f.since) * 3_600_000).toISOString() : undefined })

const page = (f: Filter, limit: number, after?: string) => ask(client.GET('/api/v1/audit', { params: { query: { ...queryOf(f), limit, after } } }))

/** Audit is what people and tokens did, newest first. */
export function Audit() {
  const { t, i18n } = useTranslation()
  const { tab, ...f } = settingsRoute.useSearch()
  const navigate = useNavigate({ from: '/settings' })
  const narrow = (change: Filter) => void navigate({ search: (s) => ({ ...s, ...change }), replace: true })
  const log = useInfiniteQuery({ queryKey: ['audit', f], queryFn: ({ pageParam }) => page(f, 50, pageParam || undefined), initialPageParam: '', getNextPageParam: (p) => p.next })
  const people = useQuery({ queryKey: ['users'], queryFn: () => ask(client.GET('/api/v1/users', { params: { query: { limit: 200 } } })) })
  const tokens = useQuery({ queryKey: ['tokens'], queryFn: () => ask(client.GET('/api/v1/tokens', { params: { query: { limit: 200 } } })) })
  const actors = [
    ...(people.data?.items ?? []).map((u) => ({ value: u.id, label: u.name || u.email })),
    ...(tokens.data?.items ?? []).map((k) => ({ value: k.id, label: t('audit.token', { name: k.name }) })),
    { value: 'command_line', label: t('audit.commandLine') },
  ]
  const who = (id: string) => actors.find((a) => a.value === id)?.label ?? id
  const what = useDoes()
  const entries = log.data?.pages.flatMap((p) => p.items ?? []) ?? []
  const filtered = Object.values(f).some(Boolean)
  const actions = [...new Set([...entries.map((e) => e.action), ...(f.action ? [f.action] : []), ...often])].sort().map((value) => ({ value, label: what(value) }))
  return (
    <div className="stack">
      <div className="spread">
        <p className="dim">{t('audit.help')}</p>
        <Export filter={f} who={who} />
      </div>
      <div className="card">
        <div className="card-head" style={{ justifyContent: 'flex-start', flexWrap: 'wrap' }}>
          <Select aria-label={t('audit.who')} placeholder={t('audit.anybody')} clearable searchable value={f.actor ?? null} data={actors} onChange={(v) => narrow({ actor: v ?? undefined })} w={220} />
          <Select aria-label={t('audit.what')} placeholder={t('audit.anything')} clearable searchable value={f.action ?? null} data={actions} onChange={(v) => narrow({ action: v ?? undefined })} w={240} />
          <Select aria-label={t('audit.when')} placeholder={t('audit.anyTime')} clearable value={f.since ?? null} data={periods.map((h) => ({ value: h as string, label: t('runs.last', { span: duration(Number(h) * 3600, i18n.language) }) }))} onChange={(v) => narrow({ since: v ?? undefined })} w={200} />
          {f.resource && (
            <Button variant="default" size="compact-sm" onClick={() => narrow({ resource: undefined })}>
              {t('audit.allThings')}
            </Button>
          )}
        </div>
        {log.isError && !log.data ? (
          <Failed error={log.error} retry={() => void log.refetch()} />
        ) : (
          <Loaded query={log as never}>
            {() =>
              entries.length === 0 ? (
                <Empty action={filtered && <Button variant="default" onClick={() => narrow({ actor: undefined, action: undefined, resource: undefined, since: undefined })}>{t('do.clear')}</Button>}>{filtered ? t('audit.noMatch') : t('audit.empty')}</Empty>
              ) : (
                <Table
                  rows={entries} id={(e) => String(e.number)}
                  columns={[
                    { head: t('audit.when'), className: 'one', cell: (e) => <Time at={e.at} /> },
                    { head: t('audit.who'), cell: (e) => who(e.actor) },
                    { head: t('audit.what'), cell: (e) => what(e.action) },
                    { head: t('audit.thing'), cell: (e) => <Thing entry={e} only={() => narrow({ resource: e.resource })} /> },
                    { head: t('audit.changes'), className: 'wide', cell: (e) => <Changes entry={e} /> },
                  ]}
                />
              )
            }
          </Loaded>
        )}
        <More list={log} />
      </div>
    </div>
  )
}

/** often are actions that one looks for although none is on the page. */
const often = ['flow.publish', 'flow.enable', 'flow.disable', 'connection.change', 'connection.delete', 'contact.erase', 'token.create', 'token.revoke', 'user.change', 'user.create', 'session.begin']

/** useDoes says in words what an action is. */
function useDoes() {
  const { t } = useTranslation()
  return (action: string) => {
    const [area, verb] = action.split('.')
    return t('audit.does', { area: t(`audit.area.${area as 'flow'}`, { defaultValue: area }), verb: t(`audit.verb.${verb as 'change'}`, { defaultValue: verb }) })
  }
}

const fieldsOf = (v: unknown) => (typeof v === 'object' && v !== null ? (v as Record<string, unknown>) : {})

/** Thing leads to what something was done to, if it has a page. */
function Thing({ entry: e, only }: { entry: Entry; only: () => void }) {
  const { t } = useTranslation()
  const name = fieldsOf(e.after).name ?? fieldsOf(e.before).name
  const kind = e.resource.split('_')[0]
  return (
    <div className="row wrap">
      {kind === 'flow' && typeof name === 'string' ? (
        <Link to="/flows/$name" params={{ name }}>
          {name}
        </Link>
      ) : kind === 'run' ? (
        <Link to="/runs/$id" params={{ id: e.resource }} className="mono">
          {e.resource}
        </Link>
      ) : kind === 'cnt' ? (
        <Link to="/contacts/$id" params={{ id: e.resource }} className="mono">
          {e.resource}
        </Link>
      ) : typeof name === 'string' ? (
        <span>{name}</span>
      ) : (
        <Copy text={e.resource} />
      )}
      <button type="button" className="link" onClick={only} aria-label={t('audit.onlyOf', { thing: typeof name === 'string' ? name : e.resource })}>
        {t('audit.only')}
      </button>
    </div>
  )
}

/** Changes are the fields that an action changed, each as it was and as it became. */
function Changes({ entry: e }: { entry: Entry }) {
  const { t } = useTranslation()
  const [before, after] = [fieldsOf(e.before), fieldsOf(e.after)]
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((k) => JSON.stringify(before[k]) !== JSON.stringify(after[k]))
  if (changed.length === 0) return <span className="dim">–</span>
  return (
    <ul className="changes">
      {changed.map((k) => (
        <li key={k}>
          <span className="dim">{k}:</span>{' '}
          {k in before && (
            <>
              <del aria-label={t('audit.was', { value: tell(before[k]) })}>{tell(before[k])}</del> <span aria-hidden>→</span>{' '}
            </>
          )}
          {k in after ? <ins>{tell(after[k])}</ins> : <span aria-hidden>–</span>}
        </li>
      ))}
    </ul>
  )
}

function tell(v: unknown): string {
  const text = typeof v === 'string' ? v : (JSON.stringify(v) ?? '')
  return text.length > 120 ? `${text.slice(0, 120)}…` : text || '""'
}

function Export({ filter, who }: { filter: Filter; who: (id: string) => string }) {
  const { t } = useTranslation()
  const save = useMutation({
    mutationFn: async (as: 'csv' | 'json') => {
      const all: Entry[] = []
      for (let after: string | undefined; all.length < most; ) {
        const p = await page(filter, 200, after)
        all.push(...(p.items ?? []))
        after = p.next
        if (!after) break
      }
      const name = `audit-${new Date().toISOString().slice(0, 10)}.${as}`
      if (as === 'json') keep(name, 'application/json', JSON.stringify(all, null, 2))
      else {
        const head = ['number', 'at', 'actor', 'actor_name', 'action', 'resource', 'request_id', 'before', 'after', 'hash']
        keep(name, 'text/csv;charset=utf-8', csv(head, all.map((e) => [e.number, e.at, e.actor, who(e.actor), e.action, e.resource, e.request_id, e.before ? JSON.stringify(e.before) : '', e.after ? JSON.stringify(e.after) : '', e.hash])))
      }
      return all.length
    },
    onSuccess: (count) => told(t(count >= most ? 'audit.exportedMost' : 'audit.exported', { count })),
    onError: (error) => failed(error, t('failed.unreachable')),
  })
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={14} />} loading={save.isPending}>
          {t('runs.export')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => save.mutate('csv')}>CSV</Menu.Item>
        <Menu.Item onClick={() => save.mutate('json')}>JSON</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

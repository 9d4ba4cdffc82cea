import { Button, Switch, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, Failure, type Schemas } from '../../api/client'
import { flowList } from '../../app/ahead'
import { useSession } from '../../app/frame'
import { Ask } from '../../ui/dialog'
import { Empty, Loaded, Page } from '../../ui/page'
import { Status } from '../../ui/status'
import { Table } from '../../ui/table'
import { Time } from '../../ui/time'
import { failed } from '../../ui/toast'

export function Flows() {
  const { t } = useTranslation()
  const session = useSession()
  const [making, setMaking] = useState(false)
  const [filter, setFilter] = useState('')
  const flows = useQuery(flowList)
  return (
    <Page
      title={t('nav.flows')}
      actions={
        session.may('write') && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
            {t('flows.new')}
          </Button>
        )
      }
    >
      <Loaded query={flows}>
        {({ items }) => {
          const shown = (items ?? []).filter((f) => `${f.name} ${f.title ?? ''}`.toLowerCase().includes(filter.toLowerCase()))
          return (
            <div className="card">
              <div className="card-head">
                <TextInput aria-label={t('flows.filter')} placeholder={t('flows.filter')} value={filter} onChange={(e) => setFilter(e.currentTarget.value)} w={280} />
              </div>
              {shown.length > 0 ? (
                <List flows={shown} />
              ) : filter ? (
                <Empty action={<Button variant="default" onClick={() => setFilter('')}>{t('do.clear')}</Button>}>{t('flows.noMatch')}</Empty>
              ) : (
                <Empty action={session.may('write') && <Button onClick={() => setMaking(true)}>{t('flows.new')}</Button>}>{t('flows.empty')}</Empty>
              )}
            </div>
          )
        }}
      </Loaded>
      {making && <NewFlow close={() => setMaking(false)} />}
    </Page>
  )
}

function List({ flows }: { flows: Schemas['Flow'][] }) {
  const { t } = useTranslation()
  return (
    <Table
      rows={flows} id={(f) => f.id}
      columns={[
        {
          head: t('flows.name'),
          cell: (f) => (
            <>
              <Link to="/flows/$name" params={{ name: f.name }}>
                {f.title || f.name}
              </Link>
              {f.title && <div className="dim mono">{f.name}</div>}
            </>
          ),
        },
        { head: t('flows.state'), cell: (f) => <Status state={!f.live_version_id ? 'draft' : f.enabled ? 'live' : 'off'} /> },
        { head: t('flows.changed'), cell: (f) => <Time at={f.updated_at} /> },
        {
          head: t('flows.runs'),
          cell: (f) => (
            <Link to="/runs" search={{ flow: f.name }}>
              {t('flows.showRuns')}
            </Link>
          ),
        },
        { head: t('flows.takes'), className: 'end', cell: (f) => <OnOff flow={f} /> },
      ]}
    />
  )
}

/** OnOff lets a flow take events or not; it shows what the gateway has, never what was only clicked. */
export function OnOff({ flow }: { flow: Schemas['Flow'] }) {
  const { t } = useTranslation()
  const session = useSession()
  const queryClient = useQueryClient()
  const turn = useMutation({
    mutationFn: (on: boolean) => {
      const params = { params: { path: { name: flow.name } } }
      return ask(on ? client.POST('/api/v1/flows/{name}/enable', params) : client.POST('/api/v1/flows/{name}/disable', params))
    },
    onError: (error) => failed(error, t('failed.unreachable')),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['flows'] }),
  })
  if (!flow.live_version_id) return <span className="dim">–</span>
  return (
    <Switch
      checked={flow.enabled}
      disabled={!session.may('write') || turn.isPending}
      onChange={(e) => turn.mutate(e.currentTarget.checked)}
      aria-label={t('flows.takesOf', { flow: flow.title || flow.name })}
      style={{ display: 'inline-block' }}
    />
  )
}

/** slug is a flow's name made of its title. */
function slug(title: string): string {
  return title
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
}

function NewFlow({ close }: { close: () => void }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [title, setTitle] = useState('')
  const [name, setName] = useState<string>()
  const [source, setSource] = useState<string>()
  const shown = name ?? slug(title)
  const make = useMutation({
    mutationFn: async () => {
      const { blankFlow } = await import('../../flow/document') // what writes YAML is heavy, and the list needs none
      return ask(client.POST('/api/v1/flows', { body: { name: shown, source: source ?? blankFlow(shown, title) } }))
    },
    onSuccess: async (draft) => {
      await queryClient.invalidateQueries({ queryKey: ['flows'] })
      close()
      await navigate({ to: '/flows/$name', params: { name: draft.name } })
    },
  })
  const read = async (file: File | undefined) => {
    if (!file) return
    const text = await file.text()
    setSource(text)
    setName(/^name:\s*["']?([a-z0-9-]+)/m.exec(text)?.[1] ?? slug(file.name.replace(/\.[^.]*$/, '')))
    setTitle(/^title:\s*["']?(.+?)["']?\s*$/m.exec(text)?.[1] ?? '')
  }
  const wrong = make.error instanceof Failure ? make.error.field('name') : undefined
  return (
    <Ask title={t('flows.new')} close={close} act={make} does={t('flows.create')} ready={shown !== ''} placed={!!wrong}>
        <TextInput label={t('flows.title')} data-autofocus value={title} onChange={(e) => setTitle(e.currentTarget.value)} />
        <TextInput label={t('flows.slug')} description={t('flows.slugHelp')} required error={wrong} value={shown} onChange={(e) => setName(e.currentTarget.value)} />
        <label className="stack" style={{ gap: 4 }}>
          <span>{t('flows.import')}</span>
          <input type="file" accept=".yaml,.yml,.json" onChange={(e) => void read(e.currentTarget.files?.[0])} />
        </label>
    </Ask>
  )
}

import { ActionIcon, Button, Menu } from '@mantine/core'
import { IconArchive, IconChevronDown, IconCopy, IconDots, IconDownload, IconExternalLink, IconListDetails, IconTag } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, Failure, type Schemas } from '../../api/client'
import { useSession } from '../../app/frame'
import { keep } from '../../ui/csv'
import { Ask } from '../../ui/dialog'
import { failed, told } from '../../ui/toast'
import { turn, waiting, WaitingRuns } from './on-off'

type Flow = Schemas['Flow']

const Tagging = lazy(() => import('./tagging'))

export const file = (f: Flow, body: { tags?: string[]; archived?: boolean }) => ask(client.PATCH('/api/v1/flows/{name}', { params: { path: { name: f.name } }, body }))

const documentOf = async (f: Flow) => (await ask(client.GET('/api/v1/flows/{name}', { params: { path: { name: f.name } } }))).source ?? ''

/** each does something to one flow after the other, and stops where it can't. */
export async function each(flows: Flow[], act: (f: Flow) => Promise<unknown>) {
  for (const f of flows) await act(f)
}

/** useArchive puts flows into the archive, or takes them out; either can be undone for a while. */
function useArchive() {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ flows, archived }: { flows: Flow[]; archived: boolean }) => each(flows, (f) => file(f, { archived })),
    onSuccess: (_, { flows, archived }) => {
      const back = async () => {
        try {
          await each(flows, async (f) => {
            await file(f, { archived: !archived })
            if (archived && f.enabled) await turn(f, true)
          })
        } catch (error) {
          failed(error, t('failed.unreachable'))
        }
        await queryClient.invalidateQueries({ queryKey: ['flows'] })
      }
      told(t(archived ? 'flows.archived' : 'flows.unarchived', { count: flows.length, flow: flows[0].title || flows[0].name }), () => void back())
    },
    onError: (error) => failed(error, t('failed.unreachable')),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['flows'] }),
  })
}

/** RowMenu is what can be done to one flow of the list. */
export function RowMenu({ flow: f, tags }: { flow: Flow; tags: string[] }) {
  const { t } = useTranslation()
  const { may } = useSession()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [tagging, setTagging] = useState(false)
  const archive = useArchive()
  const name = f.title || f.name
  const duplicate = useMutation({
    mutationFn: async () => {
      const [{ renamed }, source] = await Promise.all([import('../../flow/document'), documentOf(f)])
      for (let n = 2; ; n++) {
        const copy = `${f.name.slice(0, 58)}-${n}`
        try {
          return await ask(client.POST('/api/v1/flows', { body: { name: copy, source: renamed(source, copy, t('flows.copyOf', { flow: name })) } }))
        } catch (error) {
          if (!(error instanceof Failure && error.status === 409) || n > 50) throw error
        }
      }
    },
    onSuccess: async (draft) => {
      await queryClient.invalidateQueries({ queryKey: ['flows'] })
      await navigate({ to: '/flows/$name', params: { name: draft.name } })
    },
    onError: (error) => failed(error, t('failed.unreachable')),
  })
  const save = useMutation({ mutationFn: () => documentOf(f), onSuccess: (text) => keep(`${f.name}.yaml`, 'application/yaml', text), onError: (error) => failed(error, t('failed.unreachable')) })
  return (
    <>
      <Menu position="bottom-end" width={200}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t('flows.menuOf', { flow: name })} loading={duplicate.isPending || archive.isPending}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconExternalLink size={16} />} component={Link} {...({ to: '/flows/$name', params: { name: f.name } } as object)}>
            {t('flows.open')}
          </Menu.Item>
          <Menu.Item leftSection={<IconListDetails size={16} />} component={Link} {...({ to: '/runs', search: { flow: f.name } } as object)}>
            {t('nav.runs')}
          </Menu.Item>
          {may('write') && (
            <>
              <Menu.Item leftSection={<IconTag size={16} />} onClick={() => setTagging(true)}>
                {t('flows.tags')}
              </Menu.Item>
              <Menu.Item leftSection={<IconCopy size={16} />} onClick={() => duplicate.mutate()}>
                {t('flows.duplicate')}
              </Menu.Item>
            </>
          )}
          <Menu.Item leftSection={<IconDownload size={16} />} onClick={() => save.mutate()}>
            {t('flows.export')}
          </Menu.Item>
          {may('write') && (
            <>
              <Menu.Divider />
              <Menu.Item leftSection={<IconArchive size={16} />} onClick={() => archive.mutate({ flows: [f], archived: !f.archived })}>
                {f.archived ? t('flows.unarchive') : t('flows.archive')}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Suspense>{tagging && <Tagging flows={[f]} tags={tags} close={() => setTagging(false)} />}</Suspense>
    </>
  )
}

/** Bulk is what can be done to all flows that are chosen. */
export function Bulk({ flows, tags, none }: { flows: Flow[]; tags: string[]; none: () => void }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const [asking, setAsking] = useState<'off' | 'tags'>()
  const archive = useArchive()
  const live = flows.filter((f) => f.live_version_id)
  const on = useMutation({
    mutationFn: () => each(live, (f) => turn(f, true)),
    onSuccess: () => told(t('flows.turnedOn', { count: live.length })),
    onError: (error) => failed(error, t('failed.unreachable')),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['flows'] }),
  })
  return (
    <>
      <div className="card-head" style={{ justifyContent: 'flex-start', flexWrap: 'wrap' }}>
        <strong role="status">{t('flows.chosen', { count: flows.length })}</strong>
        <Menu position="bottom-start">
          <Menu.Target>
            <Button size="compact-sm" rightSection={<IconChevronDown size={14} />} loading={on.isPending || archive.isPending}>
              {t('run.actions')}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item disabled={live.length === 0} onClick={() => on.mutate()}>
              {t('flows.on')}
            </Menu.Item>
            <Menu.Item disabled={live.length === 0} onClick={() => setAsking('off')}>
              {t('flows.off')}
            </Menu.Item>
            <Menu.Item onClick={() => setAsking('tags')}>{t('flows.tags')}</Menu.Item>
            <Menu.Divider />
            {flows.some((f) => !f.archived) && <Menu.Item onClick={() => archive.mutate({ flows: flows.filter((f) => !f.archived), archived: true }, { onSuccess: none })}>{t('flows.archive')}</Menu.Item>}
            {flows.some((f) => f.archived) && <Menu.Item onClick={() => archive.mutate({ flows: flows.filter((f) => f.archived), archived: false }, { onSuccess: none })}>{t('flows.unarchive')}</Menu.Item>}
          </Menu.Dropdown>
        </Menu>
        <Button size="compact-sm" variant="default" onClick={none}>
          {t('repair.none')}
        </Button>
      </div>
      {asking === 'off' && <Off flows={live} close={() => setAsking(undefined)} />}
      <Suspense>{asking === 'tags' && <Tagging flows={flows} tags={tags} close={() => setAsking(undefined)} />}</Suspense>
    </>
  )
}

function Off({ flows, close }: { flows: Flow[]; close: () => void }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const found = useQuery({ queryKey: ['waiting', flows.map((f) => f.name)], queryFn: () => waiting(flows), staleTime: 0 })
  const off = useMutation({
    mutationFn: () => each(flows, (f) => turn(f, false)),
    onSuccess: () => {
      told(t('flows.turnedOff', { count: flows.length }))
      close()
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['flows'] }),
  })
  return (
    <Ask title={t('flows.offMany', { count: flows.length })} close={close} act={off} does={t('flows.off')}>
      <p>{t('flows.offHelp')}</p>
      <ul>
        {flows.map((f) => (
          <li key={f.id}>{f.title || f.name}</li>
        ))}
      </ul>
      {found.data && <WaitingRuns of={found.data} />}
    </Ask>
  )
}

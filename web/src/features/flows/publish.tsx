import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { useSession } from '../../app/frame'
import { Dialog } from '../../ui/dialog'
import { Failed, Loaded, Notice } from '../../ui/page'
import { Status } from '../../ui/status'
import { Time } from '../../ui/time'
import { told } from '../../ui/toast'
import { planOf, Progress, Repair, type RepairRequest } from '../runs/repair'
import { RollOver, type Parked } from './rollover'

const Diff = lazy(async () => ({ default: (await import('../../ui/code')).Diff }))

export function versionsOf(name: string) {
  return { queryKey: ['flows', name, 'versions'], queryFn: () => ask(client.GET('/api/v1/flows/{name}/versions', { params: { path: { name }, query: { limit: 50 } } })) }
}

/** Publish shows how the draft differs from what is live, and makes it live. */
export function Publish({ name, text, close, done }: { name: string; text: string; close: () => void; done: () => Promise<void> }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const versions = useQuery(versionsOf(name))
  const [parked, setParked] = useState<Parked>('leave')
  const [repair, setRepair] = useState<string>()
  const live = versions.data?.items?.find((v) => v.live)
  // All that is under way, since none of it follows what is about to be published.
  const waiting = useQuery({ ...planOf({ action: 'retime', flow: name }, text), enabled: live !== undefined && repair === undefined })
  const publish = useMutation({
    mutationFn: async () => {
      const result = await ask(
        client.PUT('/api/v1/flows/{name}', {
          params: { path: { name } },
          body: text as never,
          bodySerializer: (body) => body as never,
          headers: { 'Content-Type': 'application/yaml' },
        }),
      )
      if (parked === 'leave' || !result.changed) return { result }
      return { result, rollOver: await ask(client.POST('/api/v1/repairs', { body: { action: parked, flow: name, behind: true, version: result.version } })) }
    },
    onSuccess: async ({ result, rollOver }) => {
      told(result.changed ? t('publish.done', { n: result.version ?? 0 }) : t('publish.same'))
      await queryClient.invalidateQueries({ queryKey: ['flows'] })
      await done()
      if (rollOver) setRepair(rollOver.id)
      else close()
    },
  })
  const underWay = waiting.data?.total ?? 0
  if (repair)
    return (
      <Dialog close={close} title={t('rollOver.title')} size="lg">
        <Progress id={repair} />
      </Dialog>
    )
  return (
    <Dialog close={close} title={t('publish.title')} size={860}>
      <p style={{ margin: 0 }}>{live ? t('publish.diff', { n: live.number }) : t('publish.first')}</p>
      {versions.data && (
        <Suspense>
          <Diff label={t('publish.title')} before={live?.source ?? ''} after={text} />
        </Suspense>
      )}
      {underWay > 0 && (
        <>
          <Notice tone="waiting">{t('publish.waiting', { count: underWay })}</Notice>
          <RollOver flow={name} source={text} parked={parked} choose={setParked} />
        </>
      )}
      {publish.isError && <Failed error={publish.error} />}
      <div className="row" style={{ justifyContent: 'flex-end' }}>
        <Button variant="default" onClick={close}>
          {t('do.cancel')}
        </Button>
        <Button data-autofocus onClick={() => publish.mutate()} loading={publish.isPending}>
          {t('publish.do')}
        </Button>
      </div>
    </Dialog>
  )
}

/** Versions lists what was published; one is compared with the draft, and taken up as the draft again. */
export function Versions({ name, text, close, restore }: { name: string; text: string; close: () => void; restore?: (v: Schemas['FlowVersion']) => void }) {
  const { t } = useTranslation()
  const session = useSession()
  const versions = useQuery(versionsOf(name))
  const [rollOver, setRollOver] = useState<RepairRequest>()
  const [compared, compare] = useState<Schemas['FlowVersion']>()
  const live = versions.data?.items?.some((v) => v.live)
  const behind = useQuery({ ...planOf({ action: 'retime', flow: name }), enabled: live === true && session.may('operate') })
  if (rollOver) return <Repair request={rollOver} close={() => setRollOver(undefined)} />
  if (compared)
    return (
      <Dialog close={() => compare(undefined)} title={t('versions.compared', { n: compared.number })} size={860}>
        {compared.source === text ? (
          <p className="dim">{t('versions.same')}</p>
        ) : (
          <Suspense>
            <Diff label={t('versions.compared', { n: compared.number })} before={compared.source} after={text} />
          </Suspense>
        )}
        <div className="row wrap end">
          <Button variant="default" onClick={() => compare(undefined)}>
            {t('versions.back')}
          </Button>
          {restore && <Button onClick={() => restore(compared)}>{t('versions.restore')}</Button>}
        </div>
      </Dialog>
    )
  return (
    <Dialog close={close} title={t('versions.title')} size="lg">
      {(behind.data?.total ?? 0) > 0 && (
        <Notice tone="waiting">
          <p>{t('rollOver.behind', { count: behind.data?.total })}</p>
          <div className="row wrap" style={{ marginTop: 8 }}>
            {(['retime', 'move', 'cancel'] as const).map((action) => (
              <Button key={action} size="compact-sm" variant="default" onClick={() => setRollOver({ action, flow: name, behind: true })}>
                {t(`repair.action.${action}`)}
              </Button>
            ))}
          </div>
        </Notice>
      )}
      <Loaded query={versions} rows={3}>
        {({ items }) =>
          items?.length ? (
            <ul className="lines card">
              {items.map((v) => (
                <li key={v.id}>
                  <span className="grow">
                    <strong>{t('versions.n', { n: v.number })}</strong> {v.live && <Status state="live" />}
                    <div className="dim">
                      <Time at={v.created_at} />
                    </div>
                  </span>
                  <span className="row wrap">
                    <Button size="compact-sm" variant="subtle" onClick={() => compare(v)} aria-label={`${t('versions.compare')}: ${t('versions.n', { n: v.number })}`}>
                      {t('versions.compare')}
                    </Button>
                    {restore && (
                      <Button size="compact-sm" variant="default" onClick={() => restore(v)} aria-label={`${t('versions.restore')}: ${t('versions.n', { n: v.number })}`}>
                        {t('versions.restore')}
                      </Button>
                    )}
                  </span>
                </li>
              ))}
            </ul>
          ) : (
            <p className="dim">{t('versions.none')}</p>
          )
        }
      </Loaded>
    </Dialog>
  )
}

import { Button, Modal } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { useSession } from '../../app/frame'
import { Failed, Notice } from '../../ui/page'
import { Time } from '../../ui/time'
import { told } from '../../ui/toast'
import { planOf, Progress, Repair, type RepairRequest } from '../runs/repair'
import { RollOver, type Parked } from './rollover'

const Diff = lazy(async () => ({ default: (await import('../../ui/code')).Diff }))

export function versionsOf(name: string) {
  return { queryKey: ['flows', name, 'versions'], queryFn: () => ask(client.GET('/api/v1/flows/{name}/versions', { params: { path: { name }, query: { limit: 50 } } })) }
}

/** Publish shows how the draft differs from what is live, and makes it live. */
export function Publish({ name, text, opened, close, done }: { name: string; text: string; opened: boolean; close: () => void; done: () => Promise<void> }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const versions = useQuery({ ...versionsOf(name), enabled: opened })
  const [parked, setParked] = useState<Parked>('leave')
  const [repair, setRepair] = useState<string>()
  const live = versions.data?.items?.find((v) => v.live)
  // All that is under way, since none of it follows what is about to be published.
  const waiting = useQuery({ ...planOf({ action: 'retime', flow: name }, text), enabled: opened && live !== undefined && repair === undefined })
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
      else leave()
    },
  })
  const leave = () => {
    setRepair(undefined)
    setParked('leave')
    close()
  }
  const underWay = waiting.data?.total ?? 0
  if (repair)
    return (
      <Modal opened={opened} onClose={leave} title={t('rollOver.title')} size="lg" closeButtonProps={{ 'aria-label': t('do.close') }}>
        <Progress id={repair} />
      </Modal>
    )
  return (
    <Modal opened={opened} onClose={leave} title={t('publish.title')} size={860} closeButtonProps={{ 'aria-label': t('do.close') }}>
      <div className="stack">
        <p style={{ margin: 0 }}>{live ? t('publish.diff', { n: live.number }) : t('publish.first')}</p>
        {opened && versions.data && (
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
          <Button variant="default" onClick={leave}>
            {t('do.cancel')}
          </Button>
          <Button data-autofocus onClick={() => publish.mutate()} loading={publish.isPending}>
            {t('publish.do')}
          </Button>
        </div>
      </div>
    </Modal>
  )
}

/** Versions lists what was published and lets one be taken up as a draft again. */
export function Versions({ name, opened, close, restore }: { name: string; opened: boolean; close: () => void; restore?: (v: Schemas['FlowVersion']) => void }) {
  const { t } = useTranslation()
  const session = useSession()
  const versions = useQuery({ ...versionsOf(name), enabled: opened })
  const [rollOver, setRollOver] = useState<RepairRequest>()
  const live = versions.data?.items?.some((v) => v.live)
  const behind = useQuery({ ...planOf({ action: 'retime', flow: name }), enabled: opened && live === true && session.may('operate') })
  if (rollOver) return <Repair request={rollOver} close={() => setRollOver(undefined)} />
  return (
    <Modal opened={opened} onClose={close} title={t('versions.title')} size="lg" closeButtonProps={{ 'aria-label': t('do.close') }}>
      {versions.isError && <Failed error={versions.error} />}
      {(behind.data?.total ?? 0) > 0 && (
        <Notice tone="waiting">
          <p style={{ margin: 0 }}>{t('rollOver.behind', { count: behind.data?.total })}</p>
          <div className="row" style={{ flexWrap: 'wrap', marginTop: 8 }}>
            {(['retime', 'move', 'cancel'] as const).map((action) => (
              <Button key={action} size="compact-sm" variant="default" onClick={() => setRollOver({ action, flow: name, behind: true })}>
                {t(`repair.action.${action}`)}
              </Button>
            ))}
          </div>
        </Notice>
      )}
      {versions.data?.items?.length === 0 && <p className="dim">{t('versions.none')}</p>}
      <table className="list">
        <tbody>
          {versions.data?.items?.map((v) => (
            <tr key={v.id}>
              <td>
                <strong>{t('versions.n', { n: v.number })}</strong> {v.live && <span className="status tone-ok">{t('state.live')}</span>}
              </td>
              <td>
                <Time at={v.created_at} />
              </td>
              <td className="end">
                {restore && (
                  <Button size="compact-sm" variant="default" onClick={() => restore(v)}>
                    {t('versions.restore')}
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Modal>
  )
}

import { Switch } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { useSession } from '../../app/frame'
import { Ask } from '../../ui/dialog'
import { failed } from '../../ui/toast'

type Flow = Schemas['Flow']

/** turn lets a flow take events or not. */
export function turn(flow: Flow, on: boolean) {
  const params = { params: { path: { name: flow.name } } }
  return ask(on ? client.POST('/api/v1/flows/{name}/enable', params) : client.POST('/api/v1/flows/{name}/disable', params))
}

/** most is up to how many waiting runs of a flow are counted. */
const most = 50

/** waiting counts the runs of flows that wait; more says that there are more than that. */
export async function waiting(flows: Flow[]) {
  let [count, more] = [0, false]
  for (const f of flows) {
    const page = await ask(client.GET('/api/v1/runs', { params: { query: { flow: f.name, status: 'waiting', limit: most } } }))
    count += page.items?.length ?? 0
    more ||= page.next !== undefined
  }
  return { count, more }
}

export type Waiting = Awaited<ReturnType<typeof waiting>>

/** WaitingRuns says what becomes of the runs that wait while their flows are switched off. */
export function WaitingRuns({ of: { count, more } }: { of: Waiting }) {
  const { t } = useTranslation()
  return <p>{count === 0 ? t('flows.noneWaits') : more ? t('flows.manyWait', { count }) : t('flows.waits', { count })}</p>
}

/** OnOff lets a flow take events or not; it shows what the gateway has, never what was only clicked. */
export function OnOff({ flow }: { flow: Flow }) {
  const { t } = useTranslation()
  const session = useSession()
  const queryClient = useQueryClient()
  const [asked, setAsked] = useState<Waiting>()
  const flip = useMutation({
    mutationFn: (on: boolean) => turn(flow, on),
    onSuccess: () => setAsked(undefined),
    onError: (error) => failed(error, t('failed.unreachable')),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['flows'] }),
  })
  const off = useMutation({
    mutationFn: () => waiting([flow]),
    onSuccess: (found) => (found.count > 0 ? setAsked(found) : flip.mutate(false)),
    onError: (error) => failed(error, t('failed.unreachable')),
  })
  if (!flow.live_version_id) return <span className="dim">–</span>
  const name = flow.title || flow.name
  return (
    <>
      <Switch
        checked={flow.enabled}
        disabled={!session.may('write') || flip.isPending || off.isPending}
        onChange={(e) => (e.currentTarget.checked ? flip.mutate(true) : off.mutate())}
        aria-label={t('flows.takesOf', { flow: name })}
        style={{ display: 'inline-block' }}
      />
      {asked && (
        <Ask title={t('flows.offTitle', { flow: name })} close={() => setAsked(undefined)} act={{ ...flip, mutate: () => flip.mutate(false) }} does={t('flows.off')}>
          <p>{t('flows.offHelp')}</p>
          <WaitingRuns of={asked} />
        </Ask>
      )}
    </>
  )
}

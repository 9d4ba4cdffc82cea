import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { every } from '../../app/query'
import { Dialog } from '../../ui/dialog'
import { Failed, Notice } from '../../ui/page'

export type RepairRequest = Schemas['RepairRequest']

/** planOf says what a repair would do; source is a document that is still to be published. */
export function planOf(request: RepairRequest, source?: string) {
  return {
    queryKey: ['repairs', 'plan', request, source],
    queryFn: () => ask(client.POST('/api/v1/repairs/plan', { body: { ...request, source } })),
    gcTime: 0,
    staleTime: 0,
  }
}

/** Plan says in figures and reasons what a repair would do. */
export function Plan({ plan }: { plan: Schemas['RepairPlan'] }) {
  const { t } = useTranslation()
  return (
    <div className="stack" aria-live="polite">
      <p style={{ margin: 0 }}>
        <strong>{t('repair.would', { count: plan.done })}</strong> {plan.skipped > 0 && t('repair.stay', { count: plan.skipped })}
      </p>
      {plan.examined < plan.total && <Notice>{t('repair.more', { count: plan.total - plan.examined })}</Notice>}
      {(plan.reasons ?? []).length > 0 && (
        <ul style={{ margin: 0 }}>
          {plan.reasons?.map((r) => (
            <li key={r.text}>
              {r.count} × {r.text}
            </li>
          ))}
        </ul>
      )}
      {(plan.runs ?? []).length > 0 && (
        <details>
          <summary>{t('repair.each')}</summary>
          <RepairedRuns runs={plan.runs ?? []} />
        </details>
      )}
    </div>
  )
}

function RepairedRuns({ runs }: { runs: Schemas['RepairedRun'][] }) {
  const { t } = useTranslation()
  return (
    <div className="table-box" style={{ maxHeight: 280, overflow: 'auto' }}>
      <table className="list">
        <tbody>
          {runs.map((r) => (
            <tr key={r.run_id}>
              <td className="mono">
                <Link to="/runs/$id" params={{ id: r.run_id }}>
                  {r.run_id}
                </Link>
              </td>
              <td>{t(`repair.outcome.${r.outcome}`)}</td>
              <td>
                {r.detail}{' '}
                {r.new_run_id && (
                  <Link to="/runs/$id" params={{ id: r.new_run_id }} className="mono">
                    {r.new_run_id}
                  </Link>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Progress follows a repair until it has ended and lists what became of each run. */
export function Progress({ id }: { id: string }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const repair = useQuery({
    queryKey: ['repairs', id],
    queryFn: () => ask(client.GET('/api/v1/repairs/{id}', { params: { path: { id } } })),
    refetchInterval: (q) => (q.state.data && q.state.data.state !== 'running' ? false : Math.min(every, 1_000)),
  })
  const ended = repair.data !== undefined && repair.data.state !== 'running'
  const runs = useQuery({
    queryKey: ['repairs', id, 'runs'],
    queryFn: async () => {
      const did = await ask(client.GET('/api/v1/repairs/{id}/runs', { params: { path: { id }, query: { limit: 200 } } }))
      await queryClient.invalidateQueries({ queryKey: ['runs'] })
      return did
    },
    enabled: ended,
  })
  const stop = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/repairs/{id}/stop', { params: { path: { id } } })),
    onSettled: () => repair.refetch(),
  })
  if (repair.isError) return <Failed error={repair.error} retry={() => void repair.refetch()} />
  const r = repair.data
  if (!r) return null
  return (
    <div className="stack" aria-live="polite">
      <p style={{ margin: 0 }}>
        <strong>{t(`repair.state.${r.state}`)}</strong> {t('repair.progress', { done: r.done, skipped: r.skipped, total: r.total })}
      </p>
      {!ended && (
        <div className="row">
          <span className="dim grow">{t('repair.goesOn')}</span>
          <Button size="compact-sm" variant="default" onClick={() => stop.mutate()} loading={stop.isPending}>
            {t('repair.stop')}
          </Button>
        </div>
      )}
      {stop.isError && <Failed error={stop.error} />}
      {runs.data && <RepairedRuns runs={runs.data.items ?? []} />}
    </div>
  )
}

/** Repair says what will be done to several runs, does it when told to, and shows what became of them. */
export function Repair({ request, close }: { request?: RepairRequest; close: () => void }) {
  const { t } = useTranslation()
  if (!request) return null
  return (
    <Dialog close={close} title={t(`repair.action.${request.action}`)} size="lg">
      <RepairForm key={JSON.stringify(request)} request={request} close={close} />
    </Dialog>
  )
}

function RepairForm({ request, close }: { request: RepairRequest; close: () => void }) {
  const { t } = useTranslation()
  const [reason, setReason] = useState('')
  const plan = useQuery(planOf(request))
  const start = useMutation({ mutationFn: () => ask(client.POST('/api/v1/repairs', { body: { ...request, reason: reason || undefined } })) })
  if (start.data) {
    return (
      <div className="stack">
        <Progress id={start.data.id} />
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button data-autofocus variant="default" onClick={close}>
            {t('do.close')}
          </Button>
        </div>
      </div>
    )
  }
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault()
        start.mutate()
      }}
    >
      <p style={{ margin: 0 }}>{t(`repair.help.${request.action}`)}</p>
      {plan.isError ? <Failed error={plan.error} retry={() => void plan.refetch()} /> : plan.data ? <Plan plan={plan.data} /> : <p className="dim">{t('repair.looking')}</p>}
      {request.action === 'cancel' && <TextInput label={t('run.reason')} value={reason} onChange={(e) => setReason(e.currentTarget.value)} />}
      {start.isError && <Failed error={start.error} />}
      <div className="row" style={{ justifyContent: 'flex-end' }}>
        <Button variant="default" onClick={close}>
          {t('do.cancel')}
        </Button>
        <Button type="submit" color={request.action === 'cancel' ? 'red' : undefined} disabled={!plan.data || plan.data.done === 0} loading={start.isPending}>
          {t(`repair.action.${request.action}`)}
        </Button>
      </div>
    </form>
  )
}

import { Button, Menu } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { csv, keep } from '../../ui/csv'
import { failed, told } from '../../ui/toast'
import type { Query } from './filters'

type Run = Schemas['Run']

/** So many runs are exported at once. */
const most = 5_000

/** Export hands the runs that match the filters, or those that are chosen, to the browser as a file. */
export function Export({ query, chosen }: { query: () => Query; chosen: Run[] }) {
  const { t } = useTranslation()
  const save = useMutation({
    mutationFn: async (as: 'csv' | 'json') => {
      const runs = chosen.length > 0 ? chosen : await every(query())
      const name = `runs-${new Date().toISOString().slice(0, 10)}.${as}`
      if (as === 'json') keep(name, 'application/json', JSON.stringify(runs, null, 2))
      else keep(name, 'text/csv;charset=utf-8', table(runs))
      return runs.length
    },
    onSuccess: (count) => told(t(count >= most ? 'runs.exportedMost' : 'runs.exported', { count })),
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
        <Menu.Label>{chosen.length > 0 ? t('repair.chosen', { count: chosen.length }) : t('repair.all')}</Menu.Label>
        <Menu.Item onClick={() => save.mutate('csv')}>CSV</Menu.Item>
        <Menu.Item onClick={() => save.mutate('json')}>JSON</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

async function every(query: Query): Promise<Run[]> {
  const runs: Run[] = []
  for (let after: string | undefined; runs.length < most; ) {
    const page = await ask(client.GET('/api/v1/runs', { params: { query: { ...query, limit: 200, after } } }))
    runs.push(...(page.items ?? []))
    after = page.next
    if (!after) break
  }
  return runs
}

function table(runs: Run[]): string {
  return csv(
    ['id', 'status', 'flow', 'version', 'contact_id', 'contact', 'step', 'phase', 'attempt', 'started_at', 'ended_at', 'seconds', 'failure_kind', 'failure', 'reason'],
    runs.map((r) => [
      r.id, r.status, r.flow, r.flow_version, r.contact_id, r.contact_name, r.step, r.phase, r.attempt, r.created_at, r.ended_at,
      r.ended_at ? (Date.parse(r.ended_at) - Date.parse(r.created_at)) / 1000 : undefined, r.failure?.kind, r.failure?.message, r.reason,
    ]),
  )
}

import { Button, Modal } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { Failed, Notice } from '../../ui/page'
import { Time } from '../../ui/time'
import { told } from '../../ui/toast'

const Diff = lazy(async () => ({ default: (await import('../../ui/code')).Diff }))

export function versionsOf(name: string) {
  return { queryKey: ['flows', name, 'versions'], queryFn: () => ask(client.GET('/api/v1/flows/{name}/versions', { params: { path: { name }, query: { limit: 50 } } })) }
}

/** Publish shows how the draft differs from what is live, and makes it live. */
export function Publish({ name, text, opened, close, done }: { name: string; text: string; opened: boolean; close: () => void; done: () => Promise<void> }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const versions = useQuery({ ...versionsOf(name), enabled: opened })
  const waiting = useQuery({
    queryKey: ['runs', { flow: name, status: 'waiting' }, 'count'],
    queryFn: () => ask(client.GET('/api/v1/runs', { params: { query: { flow: name, status: 'waiting', limit: 200 } } })),
    enabled: opened,
  })
  const live = versions.data?.items?.find((v) => v.live)
  const publish = useMutation({
    mutationFn: () =>
      ask(
        client.PUT('/api/v1/flows/{name}', {
          params: { path: { name } },
          body: text as never,
          bodySerializer: (body) => body as never,
          headers: { 'Content-Type': 'application/yaml' },
        }),
      ),
    onSuccess: async (result) => {
      told(result.changed ? t('publish.done', { n: result.version ?? 0 }) : t('publish.same'))
      await queryClient.invalidateQueries({ queryKey: ['flows'] })
      await done()
      close()
    },
  })
  const parked = waiting.data?.items?.length ?? 0
  return (
    <Modal opened={opened} onClose={close} title={t('publish.title')} size={860} closeButtonProps={{ 'aria-label': t('do.close') }}>
      <div className="stack">
        <p style={{ margin: 0 }}>{live ? t('publish.diff', { n: live.number }) : t('publish.first')}</p>
        {opened && versions.data && (
          <Suspense>
            <Diff label={t('publish.title')} before={live?.source ?? ''} after={text} />
          </Suspense>
        )}
        {parked > 0 && <Notice tone="waiting">{t('publish.waiting', { count: parked })}</Notice>}
        {publish.isError && <Failed error={publish.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={close}>
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
  const versions = useQuery({ ...versionsOf(name), enabled: opened })
  return (
    <Modal opened={opened} onClose={close} title={t('versions.title')} size="lg" closeButtonProps={{ 'aria-label': t('do.close') }}>
      {versions.isError && <Failed error={versions.error} />}
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

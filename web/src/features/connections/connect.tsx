import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { Failed, Notice } from '../../ui/page'
import { told } from '../../ui/toast'

/** waitFor is how long a consent counts. */
const waitFor = 10 * 60_000

/** Connect gets a connection's token: by the provider's page in a window of its own, or at once where nobody consents. */
export function Connect({ connection: c }: { connection: Schemas['Connection'] }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const [away, setAway] = useState<{ since?: string; url: string; at: number }>()
  const done = (name: string) => {
    told(t('connections.connectedNow', { name }))
    return queryClient.invalidateQueries({ queryKey: ['connections'] })
  }
  const connect = useMutation({
    mutationFn: async () => {
      const page = c.token?.consent ? window.open('', '_blank') : null // before anything is waited for: browsers open windows for a click only
      try {
        const a = await ask(client.POST('/api/v1/connections/{connection}/authorize', { params: { path: { connection: c.name } } }))
        if (!a.url) {
          page?.close()
          return a
        }
        if (page) {
          page.opener = null
          page.location.href = a.url
        }
        setAway({ since: c.checked_at, url: a.url, at: Date.now() })
        return a
      } catch (e) {
        page?.close()
        throw e
      }
    },
    onSuccess: (a) => (a.connected ? done(c.name) : undefined),
  })
  // What happens in the other window is seen here only by looking.
  const look = useQuery({
    queryKey: ['connections', c.name],
    queryFn: () => ask(client.GET('/api/v1/connections/{connection}', { params: { path: { connection: c.name } } })),
    enabled: !!away,
    refetchInterval: 2_000,
  })
  const back = !!away && look.data?.health === 'good' && look.data.checked_at !== away.since
  const late = !!away && look.dataUpdatedAt - away.at > waitFor
  useEffect(() => {
    if (!back && !late) return
    setAway(undefined)
    if (back) void done(c.name)
  }, [back, late])
  const again = c.token?.connected
  return (
    <>
      {away && (
        <Notice tone="waiting">
          {t('connections.consenting')}{' '}
          <a href={away.url} target="_blank" rel="noopener noreferrer">
            {t('connections.openPage')}
          </a>
        </Notice>
      )}
      {connect.data?.failure && <Notice tone="failed">{connect.data.failure.message}</Notice>}
      {connect.isError && <Failed error={connect.error} />}
      <Button variant={c.health === 'needs_reconnect' || !again ? 'filled' : 'default'} size="compact-md" onClick={() => connect.mutate()} loading={connect.isPending}>
        {t(again ? 'connections.reconnect' : 'connections.connect')}
      </Button>
    </>
  )
}

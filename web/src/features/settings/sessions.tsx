import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ask, client } from '../../api/client'
import { Loaded } from '../../ui/page'
import { Time } from '../../ui/time'
import { failed, told } from '../../ui/toast'

/** Sessions lists the browsers in which one is signed in, and signs out of them. */
export function Sessions() {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const sessions = useQuery({ queryKey: ['sessions'], queryFn: () => ask(client.GET('/api/v1/sessions')) })
  const end = useMutation({
    mutationFn: (id?: string) => ask(id ? client.DELETE('/api/v1/sessions/{id}', { params: { path: { id } } }) : client.DELETE('/api/v1/sessions')),
    onSuccess: () => told(t('sessions.ended')),
    onError: (error) => failed(error, t('failed.unreachable')),
    onSettled: () => queries.invalidateQueries({ queryKey: ['sessions'] }),
  })
  return (
    <section className="card pad stack" aria-labelledby="sessions">
      <div>
        <h2 id="sessions">{t('sessions.title')}</h2>
        <span className="dim">{t('sessions.help')}</span>
      </div>
      <Loaded query={sessions}>
        {({ items }) => (
          <>
            <ul className="lines">
              {(items ?? []).map((s) => (
                <li key={s.id}>
                  <span className="grow">
                    {s.current ? <strong>{t('sessions.current')}</strong> : t('sessions.other')} <span className="dim">{t('sessions.since')}</span> <Time at={s.created_at} /> <span className="dim">{t('sessions.used')}</span> <Time at={s.used_at} />
                  </span>
                  {!s.current && (
                    <Button size="compact-sm" variant="default" disabled={end.isPending} onClick={() => end.mutate(s.id)}>
                      {t('sessions.end')}
                    </Button>
                  )}
                </li>
              ))}
            </ul>
            {(items ?? []).length > 1 && (
              <Button variant="default" loading={end.isPending} onClick={() => end.mutate(undefined)}>
                {t('sessions.endOthers')}
              </Button>
            )}
          </>
        )}
      </Loaded>
    </section>
  )
}

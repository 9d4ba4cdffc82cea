import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ask, client } from '../../api/client'
import { Empty, Loaded, Page } from '../../ui/page'
import { Time } from '../../ui/time'

export function Contacts() {
  const { t } = useTranslation()
  const contacts = useInfiniteQuery({
    queryKey: ['contacts'],
    queryFn: ({ pageParam }) => ask(client.GET('/api/v1/contacts', { params: { query: { limit: 50, after: pageParam || undefined } } })),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  })
  const items = contacts.data?.pages.flatMap((p) => p.items ?? []) ?? []
  return (
    <Page title={t('nav.contacts')}>
      <Loaded query={contacts as never}>
        {() => (
          <div className="card">
            {items.length === 0 ? (
              <Empty>{t('contacts.empty')}</Empty>
            ) : (
              <div className="table-box">
                <table className="list">
                  <thead>
                    <tr>
                      <th scope="col">{t('contact.name')}</th>
                      <th scope="col">{t('contact.phone')}</th>
                      <th scope="col">{t('contact.email')}</th>
                      <th scope="col">{t('contacts.since')}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {items.map((c) => (
                      <tr key={c.id}>
                        <td>
                          <Link to="/contacts/$id" params={{ id: c.id }}>
                            {c.name || c.phone || c.email || c.id}
                          </Link>
                        </td>
                        <td className="mono">{c.phone}</td>
                        <td>{c.email}</td>
                        <td>
                          <Time at={c.created_at} />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
            {contacts.hasNextPage && (
              <div className="empty" style={{ padding: 12 }}>
                <Button variant="default" onClick={() => void contacts.fetchNextPage()} loading={contacts.isFetchingNextPage}>
                  {t('do.more')}
                </Button>
              </div>
            )}
          </div>
        )}
      </Loaded>
    </Page>
  )
}

import { Button, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client } from '../../api/client'
import { contactsRoute } from '../../app/router'
import { Empty, Loaded, More, Page } from '../../ui/page'
import { Table } from '../../ui/table'
import { Time } from '../../ui/time'

export function Contacts() {
  const { t } = useTranslation()
  const { search = '', list } = contactsRoute.useSearch()
  const navigate = useNavigate({ from: '/contacts' })
  const [typed, setTyped] = useState(search)
  const find = (text: string) => void navigate({ search: { search: text.trim() || undefined, list }, replace: true })
  const soon = useDebouncedCallback(find, 250)
  const contacts = useInfiniteQuery({
    queryKey: ['contacts', { search, list }],
    queryFn: ({ pageParam }) => ask(client.GET('/api/v1/contacts', { params: { query: { limit: 50, after: pageParam || undefined, search: search || undefined, list } } })),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  })
  const lists = useQuery({ queryKey: ['lists'], queryFn: () => ask(client.GET('/api/v1/lists')) })
  const items = contacts.data?.pages.flatMap((p) => p.items ?? []) ?? []
  return (
    <Page title={t('nav.contacts')}>
      <div className="card">
        <div className="card-head">
          <TextInput
            type="search"
            data-filter aria-label={t('contacts.search')}
            placeholder={t('contacts.search')}
            leftSection={<IconSearch size={16} aria-hidden />}
            value={typed}
            onChange={(e) => {
              setTyped(e.currentTarget.value)
              soon(e.currentTarget.value)
            }}
            w={360}
            maw="100%"
          />
          {((lists.data?.items ?? []).length > 0 || list) && (
            <Select
              aria-label={t('contacts.list')} placeholder={t('contacts.anyList')} clearable searchable value={list ?? null}
              data={[...new Set([...(lists.data?.items ?? []).map((l) => l.name), ...(list ? [list] : [])])]}
              onChange={(v) => void navigate({ search: { search: search || undefined, list: v ?? undefined }, replace: true })}
            />
          )}
        </div>
        <Loaded query={contacts as never}>
          {() => (
            <>
              {items.length === 0 ? (
                search || list ? (
                  <Empty
                    action={
                      <Button
                        variant="default"
                        onClick={() => {
                          setTyped('')
                          void navigate({ search: {}, replace: true })
                        }}
                      >
                        {t('do.clear')}
                      </Button>
                    }
                  >
                    {t('contacts.noMatch')}
                  </Empty>
                ) : (
                  <Empty>{t('contacts.empty')}</Empty>
                )
              ) : (
                <Table
                  rows={items} id={(c) => c.id}
                  columns={[
                    {
                      head: t('contact.name'),
                      cell: (c) => (
                        <Link to="/contacts/$id" params={{ id: c.id }}>
                          {c.name || c.phone || c.email || c.id}
                        </Link>
                      ),
                    },
                    { head: t('contact.phone'), className: 'mono', cell: (c) => c.phone },
                    { head: t('contact.email'), cell: (c) => c.email },
                    { head: t('contacts.since'), cell: (c) => <Time at={c.created_at} /> },
                  ]}
                />
              )}
              <More list={contacts} />
            </>
          )}
        </Loaded>
      </div>
    </Page>
  )
}

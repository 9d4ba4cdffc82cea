import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import type { UseQueryResult } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Empty, Loaded } from '../../ui/page'
import { Table, type Column } from '../../ui/table'

interface Section<T> {
  query: UseQueryResult<{ items: T[] | null }>
  help: string
  empty: string
  /** add is what makes another one; make begins it. */
  add: string
  make: () => void
  id: (row: T) => string
  columns: Column<T>[]
}

/** Section is a table of things that admins and builders make, with what they are for and a way to make one. */
export function Section<T>({ query, help, empty, add, make, id, columns }: Section<T>) {
  const button = (
    <Button data-new leftSection={<IconPlus size={16} />} onClick={make}>
      {add}
    </Button>
  )
  const none = query.data !== undefined && !query.data.items?.length
  return (
    <>
      <div className="spread">
        <p className="dim">{help}</p>
        {!none && button}
      </div>
      <Loaded query={query}>
        {({ items }) => <div className="card">{none ? <Empty action={button}>{empty}</Empty> : <Table rows={items ?? []} id={id} columns={columns} />}</div>}
      </Loaded>
    </>
  )
}

/** Edited are the actions on one row that is changed in a dialog and deleted after a question. */
export function Edited({ name, change, edit, remove }: { name: string; change: string; edit: () => void; remove: () => void }) {
  const { t } = useTranslation()
  return (
    <>
      <Button size="compact-sm" variant="subtle" onClick={edit} aria-label={`${change}: ${name}`}>
        {change}
      </Button>
      <Button size="compact-sm" variant="subtle" color="red" onClick={remove} aria-label={`${t('do.delete')}: ${name}`}>
        {t('do.delete')}
      </Button>
    </>
  )
}

import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

export interface Column<T> {
  /** head names the column; what has none is for actions. */
  head?: ReactNode
  cell: (row: T) => ReactNode
  className?: string
}

/** Table is a list of things with the same facts about each. On a phone each thing is a card, with the heads before its facts. */
export function Table<T>({ rows, id, columns }: { rows: T[]; id: (row: T) => string; columns: (Column<T> | false | undefined)[] }) {
  const { t } = useTranslation()
  const shown = columns.filter((c) => !!c)
  return (
    <div className="table-box">
      <table className="list" role="table">
        <thead role="rowgroup">
          <tr role="row">
            {shown.map((c, i) => (
              <th key={i} scope="col" role="columnheader" className={c.className}>
                {c.head ?? <span className="visually-hidden">{t('run.actions')}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={id(row)} role="row">
              {shown.map((c, i) => (
                <td key={i} role="cell" className={c.className} data-head={typeof c.head === 'string' ? c.head : undefined}>
                  {c.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

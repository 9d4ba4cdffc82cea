import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Table } from '../../ui/table'
import { duration } from '../../ui/time'
import { useFlowName } from '../../ui/flow-name'
import { share, type Question } from './question'
import './table.css'

/** QuestionTable compares questions in figures. */
export function QuestionTable({ questions }: { questions: Question[] }) {
  const { t, i18n } = useTranslation()
  const nameOf = useFlowName()
  const number = new Intl.NumberFormat(i18n.language)
  const span = (s: number | undefined) => (s === undefined ? '–' : duration(s, i18n.language))
  return (
    <Table
      rows={questions} id={(q) => `${q.flow} ${q.step}`}
      columns={[
        {
          head: t('insight.question'),
          cell: (q) => (
            <>
              <Link to="/insight" search={{ flow: q.flow }}>
                {nameOf(q.flow, q.flow_title)}
              </Link>{' '}
              <span className="mono dim">{q.step}</span>
            </>
          ),
        },
        { head: t('insight.asked'), className: 'end', cell: (q) => number.format(q.asked) },
        { head: t('insight.rate'), cell: (q) => <Rate question={q} /> },
        { head: t('insight.half'), className: 'end', cell: (q) => span(q.half_seconds) },
        { head: t('insight.most'), className: 'end', cell: (q) => span(q.most_seconds) },
        { head: t('insight.limit'), className: 'end', cell: (q) => span(q.limit_seconds) },
        { head: t('insight.late'), className: 'end', cell: (q) => number.format(q.late) },
      ]}
    />
  )
}

function Rate({ question: q }: { question: Question }) {
  const { i18n } = useTranslation()
  return (
    <span className="row rate">
      <span className="rate-bar" aria-hidden>
        <span style={{ width: `${100 * (q.rate ?? 0)}%` }} />
      </span>
      {share(q.waits.replied, q.decided, i18n.language)}
    </span>
  )
}

import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
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
    <div className="table-box">
      <table className="list">
        <thead>
          <tr>
            <th scope="col">{t('insight.question')}</th>
            <th scope="col" className="end">{t('insight.asked')}</th>
            <th scope="col">{t('insight.rate')}</th>
            <th scope="col" className="end">{t('insight.half')}</th>
            <th scope="col" className="end">{t('insight.most')}</th>
            <th scope="col" className="end">{t('insight.limit')}</th>
            <th scope="col" className="end">{t('insight.late')}</th>
          </tr>
        </thead>
        <tbody>
          {questions.map((q) => (
            <tr key={`${q.flow} ${q.step}`}>
              <td>
                <Link to="/insight" search={{ flow: q.flow }}>
                  {nameOf(q.flow, q.flow_title)}
                </Link>{' '}
                <span className="mono dim">{q.step}</span>
              </td>
              <td className="end">{number.format(q.asked)}</td>
              <td>
                <Rate question={q} />
              </td>
              <td className="end">{span(q.half_seconds)}</td>
              <td className="end">{span(q.most_seconds)}</td>
              <td className="end">{span(q.limit_seconds)}</td>
              <td className="end">{number.format(q.late)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
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

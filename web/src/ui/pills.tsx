import { CloseButton } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useContext } from 'react'
import { useTranslation } from 'react-i18next'
import { ExpressionHelp } from './expression'
import { namesOf, pieces, stepsIn, without } from './pieces'

/**
 * Pills are the pieces of data in a template, below its field: each says where it comes from, is red when that is there no
 * more, and can be taken out. The field itself stays a text, which one can write, copy and undo as any other.
 */
export function Pills({ value, set, back }: { value: string; set: (value: string) => void; back: () => void }) {
  const { t } = useTranslation()
  const help = useContext(ExpressionHelp)
  const found = help && value.includes('{{') ? pieces(value) : []
  if (!help || found.length === 0) return null
  return (
    <ul className="pills" aria-label={t('data.used')}>
      {found.map((p, i) => {
        const names = namesOf(p.code)
        const lost = stepsIn(p.code).find((id) => !help.steps.includes(id))
        const from = names && (names.from === 'event' ? t('trigger.label') : names.from === 'contact' ? t('run.contact') : names.from)
        const label = names ? `${from} › ${names.path}` : p.code
        const takeOut = () => {
          set(without(value, p))
          back()
        }
        return (
          <li key={i} className={`pill ${lost ? 'tone-failed' : 'tone-running'}`} title={lost ? t('data.lost', { step: lost }) : p.code}>
            {lost && <IconAlertTriangle size={12} aria-hidden />}
            <span className="clamp">{label}</span>
            {lost && <span className="visually-hidden">{t('data.lost', { step: lost })}</span>}
            <CloseButton
              size="xs" aria-label={t('data.takeOut', { what: label })} onClick={takeOut}
              onKeyDown={(e) => {
                if (e.key !== 'Delete' && e.key !== 'Backspace') return
                e.preventDefault()
                e.stopPropagation()
                takeOut()
              }}
            />
          </li>
        )
      })}
    </ul>
  )
}

import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { createContext, useContext, useId, useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Failure } from '../api/client'
import type { Json } from '../flow/document'
import { completions, pieceAt, type Name } from './complete'

/** Help is what a form knows about the expressions in its fields. */
export interface Help {
  names: Name[]
  /** steps are the ids of all steps of the flow. */
  steps: string[]
  /** preview computes a text with a sample; at tells one sample from another. */
  preview: (text: string, template: boolean) => Promise<Json>
  at: string
}

export const ExpressionHelp = createContext<Help | undefined>(undefined)

type Area = HTMLInputElement | HTMLTextAreaElement

/**
 * useExpression completes names while one writes, and says what the text yields. A field that is wrong
 * already says why itself. It does nothing outside of a form with help.
 */
export function useExpression(value: string, set: (value: string) => void, expression: boolean, on: boolean, wrong: boolean) {
  const { t } = useTranslation()
  const help = useContext(ExpressionHelp)
  const id = useId()
  const [focused, setFocused] = useState(false)
  const [caret, setCaret] = useState<number>()
  const [active, setActive] = useState(0)
  const computed = on && help !== undefined && (expression ? value.trim() !== '' : value.includes('{{'))
  const piece = on && help && focused && caret !== undefined ? pieceAt(value, caret, expression) : undefined
  const found = piece && help ? completions(help.names, piece) : []
  const [settled] = useDebouncedValue(value, 250)
  const preview = useQuery({
    queryKey: ['preview', help?.at, settled, expression],
    queryFn: () => help!.preview(settled, !expression),
    enabled: computed && focused && settled === value,
    retry: false,
    gcTime: 60_000,
  })

  const take = (el: Area, name: Name) => {
    const from = caret! - piece!.length
    set(value.slice(0, from) + name.path + value.slice(caret))
    setCaret(undefined)
    requestAnimationFrame(() => {
      el.focus()
      el.setSelectionRange(from + name.path.length, from + name.path.length)
    })
  }
  const keys = (e: KeyboardEvent<Area>) => {
    if (found.length === 0) return
    const by = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0
    if (by !== 0) setActive((active + by + found.length) % found.length)
    else if (e.key === 'Enter' || e.key === 'Tab') take(e.currentTarget, found[active] ?? found[0])
    else if (e.key === 'Escape') setCaret(undefined)
    else return
    e.preventDefault()
    e.stopPropagation()
  }
  const typed = (el: Area) => {
    setCaret(el.selectionStart ?? undefined)
    setActive(0)
  }
  const list = `${id}-names`
  return {
    input:
      on && help
        ? {
            onKeyDown: keys,
            onBlur: () => {
              setFocused(false)
              setCaret(undefined)
            },
            'aria-autocomplete': 'list' as const,
            'aria-controls': found.length > 0 ? list : undefined,
            'aria-activedescendant': found.length > 0 ? `${list}-${active}` : undefined,
          }
        : {},
    focus: () => setFocused(true),
    typed,
    below: (area: () => Area | null) =>
      (found.length > 0 || (computed && focused)) && (
        <div className="expression-help">
          {found.length > 0 && (
            <ul id={list} role="listbox" aria-label={t('expression.names')} className="completions">
              {found.map((n, i) => (
                // The field keeps the focus, and with it the caret.
                <li key={n.path} id={`${list}-${i}`} role="option" aria-selected={i === active} onMouseDown={(e) => e.preventDefault()} onClick={() => area() && take(area()!, n)}>
                  <span className="mono">{n.path}</span> {n.label !== n.path && <span className="dim">{n.label}</span>}
                </li>
              ))}
            </ul>
          )}
          {computed && focused && (
            <div role="status" className="yields">
              {preview.isError && wrong ? null : preview.isError ? (
                <span className="wrong">{t('expression.fails', { why: preview.error instanceof Failure ? (preview.error.field('expression') ?? preview.error.message) : preview.error.message })}</span>
              ) : preview.data !== undefined ? (
                <>
                  <span className="dim">{t('expression.yields')}</span> <code>{shown(preview.data)}</code>
                </>
              ) : null}
            </div>
          )}
        </div>
      ),
  }
}

/** shown writes a value in one short line. */
function shown(v: Json): string {
  const text = JSON.stringify(v)
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}

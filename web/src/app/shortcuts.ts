import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'

/** places are where G and a letter go. */
export const places = { d: '/', f: '/flows', r: '/runs', c: '/contacts', o: '/connections', w: '/webhooks', s: '/settings' } as const

const off = 'single-keys-off'

/** singles says whether single letters do something in this browser. */
export const singles = {
  on: () => localStorage.getItem(off) === null,
  turn: (on: boolean) => (on ? localStorage.removeItem(off) : localStorage.setItem(off, '1')),
}

/** typing reports whether a key belongs to a field. */
export function typing(e: KeyboardEvent): boolean {
  const el = e.target as HTMLElement
  return el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName)
}

/** ticking reports whether a key belongs to a field that takes no letters. */
function ticking(e: KeyboardEvent): boolean {
  return e.target instanceof HTMLInputElement && /^(checkbox|radio)$/.test(e.target.type)
}

/** single reports whether a key is one that stands alone, and counts. */
export function single(e: KeyboardEvent): boolean {
  return singles.on() && (!typing(e) || ticking(e)) && !e.ctrlKey && !e.metaKey && !e.altKey && !document.querySelector('[role=dialog]')
}

/** marks are what keys press: what the page has marked with data- and that word. */
const marks: Record<string, string> = { n: 'new', f: 'failure', '[': 'previous', ']': 'next' }

/**
 * useShortcuts lets single keys do something outside of fields and dialogs: G and a letter go to a page, others press what the
 * page has marked, / goes to what it has marked with data-filter, ? lists them.
 */
export function useShortcuts(list: () => void) {
  const navigate = useNavigate()
  const went = useRef(0)
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (!single(e)) return
      const to = places[e.key as keyof typeof places]
      const mark = e.key === '/' ? 'filter' : marks[e.key]
      const marked = mark ? document.querySelector<HTMLElement>(`[data-${mark}]`) : undefined
      const after = Date.now() - went.current < 1_000
      went.current = e.key === 'g' ? Date.now() : 0
      if (to && after) void navigate({ to })
      else if (e.key === '?') list()
      else if (marked && e.key === '/') marked.focus()
      else if (marked) marked.click()
      else return
      e.preventDefault()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [navigate, list])
}

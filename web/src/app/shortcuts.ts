import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'

const places: Record<string, string> = { d: '/', f: '/flows', r: '/runs', c: '/contacts', w: '/connections', s: '/settings' }

/** typing reports whether a key belongs to a field. */
export function typing(e: KeyboardEvent): boolean {
  const el = e.target as HTMLElement
  return el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName)
}

/** useShortcuts lets G and a letter go to a page, outside of fields. */
export function useShortcuts() {
  const navigate = useNavigate()
  const went = useRef(0)
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (typing(e) || e.ctrlKey || e.metaKey || e.altKey) return
      if (e.key === 'g') {
        went.current = Date.now()
        return
      }
      const to = places[e.key]
      if (to && Date.now() - went.current < 1_000) {
        e.preventDefault()
        void navigate({ to })
      }
      went.current = 0
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [navigate])
}

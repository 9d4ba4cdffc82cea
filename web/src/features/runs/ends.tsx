import { useState } from 'react'
import { useTranslation } from 'react-i18next'

/** So many entries stand at each end of a long list at first, and so many come with each press. */
const atOnce = 150

/** useEnds leaves out the middle of a long list, from begin to end, until it is asked for: a loop may make thousands of entries. So many of the first are wanted. */
export function useEnds(count: number, wanted = 0): { begin: number; end: number; more: () => void } {
  const [asked, setShown] = useState(atOnce)
  const shown = Math.max(asked, wanted)
  const whole = count <= shown + atOnce + 1
  return { begin: whole ? count : shown, end: whole ? count : count - atOnce, more: () => setShown(shown + 2 * atOnce) }
}

export function More({ count, more }: { count: number; more: () => void }) {
  const { t, i18n } = useTranslation()
  return (
    <button type="button" className="arrivals" onClick={more}>
      {t('run.between', { count, n: new Intl.NumberFormat(i18n.language).format(count) })}
    </button>
  )
}

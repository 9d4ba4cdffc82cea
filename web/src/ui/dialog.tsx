import { Button } from '@mantine/core'
import { lazy, Suspense, useEffect, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Failed } from './page'

// No page begins with something on top of it.
const Modal = lazy(async () => ({ default: (await import('./layers')).Modal }))

/** Dialog is open while it is rendered. Closed, it gives the focus back to what had it. */
export function Dialog({ title, close, size, children }: { title: string; close: () => void; size?: string | number; children: ReactNode }) {
  const { t } = useTranslation()
  const [from] = useState(() => document.activeElement)
  useEffect(
    () => () => {
      if (from instanceof HTMLElement && from.isConnected) from.focus({ preventScroll: true })
    },
    [from],
  )
  return (
    <Suspense>
      <Modal opened onClose={close} title={title} size={size} closeButtonProps={{ 'aria-label': t('do.close') }}>
        <div className="stack">{children}</div>
      </Modal>
    </Suspense>
  )
}

interface Act {
  mutate: () => void
  isPending: boolean
  isError: boolean
  error: unknown
}

interface Asked {
  title: string
  close: () => void
  size?: string | number
  /** act is what the dialog is there for; does says it on the button. */
  act: Act
  does: string
  danger?: boolean
  /** ready says that enough is known to act. */
  ready?: boolean
  /** placed says that the failure is told beside the fields already. */
  placed?: boolean
  children: ReactNode
}

/** Ask is a dialog that does one thing when told to, and stays open with the reason if that can't be done. */
export function Ask({ title, close, size, act, does, danger = false, ready = true, placed = false, children }: Asked) {
  const { t } = useTranslation()
  return (
    <Dialog title={title} close={close} size={size}>
      <form
        className="stack"
        onSubmit={(e) => {
          e.preventDefault()
          if (ready) act.mutate()
        }}
      >
        {children}
        {act.isError && !placed && <Failed error={act.error} />}
        <div className="row wrap end">
          <Button variant="default" onClick={close}>
            {t('do.cancel')}
          </Button>
          <Button type="submit" color={danger ? 'red' : undefined} disabled={!ready} loading={act.isPending}>
            {does}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

import { Button } from '@mantine/core'
import i18next from 'i18next'
import { lazy, Suspense, useSyncExternalStore } from 'react'
import { Failure } from '../api/client'

const layers = () => import('./layers')
const Notifications = lazy(async () => ({ default: (await layers()).Notifications }))

// No page begins with a message: what shows them comes with the first.
let wanted = false
const watchers = new Set<() => void>()
function watch(changed: () => void) {
  watchers.add(changed)
  return () => void watchers.delete(changed)
}

async function tray() {
  wanted = true
  watchers.forEach((changed) => changed())
  return (await layers()).notifications
}

/** Toasts is where messages stand for a while. */
export function Toasts() {
  const on = useSyncExternalStore(watch, () => wanted)
  return <Suspense>{on && <Notifications position="bottom-right" />}</Suspense>
}

const close = () => ({ 'aria-label': i18next.t('do.close') })

/** told announces politely that something is done; with undo it can be undone for a while. */
export async function told(message: string, undo?: () => void) {
  const notifications = await tray()
  const id = notifications.show({
    message: undo ? (
      <span className="spread">
        {message}
        <Button
          size="compact-sm" variant="light"
          onClick={() => {
            notifications.hide(id)
            undo()
          }}
        >
          {i18next.t('do.undo')}
        </Button>
      </span>
    ) : (
      message
    ),
    color: 'teal', autoClose: undo ? 10_000 : 4_000, closeButtonProps: close(),
  })
}

/** failed announces what the API said about an action. */
export async function failed(error: unknown, fallback: string) {
  const notifications = await tray()
  notifications.show({ message: error instanceof Failure ? error.message : fallback, color: 'red', autoClose: 10_000, closeButtonProps: close() })
}

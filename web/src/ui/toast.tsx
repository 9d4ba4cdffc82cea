import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import i18next from 'i18next'
import { Failure } from '../api/client'

const close = () => ({ 'aria-label': i18next.t('do.close') })

/** told announces politely that something is done; with undo it can be undone for a while. */
export function told(message: string, undo?: () => void) {
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
export function failed(error: unknown, fallback: string) {
  notifications.show({ message: error instanceof Failure ? error.message : fallback, color: 'red', autoClose: 10_000, closeButtonProps: close() })
}

import { notifications } from '@mantine/notifications'
import i18next from 'i18next'
import { Failure } from '../api/client'

const close = () => ({ 'aria-label': i18next.t('do.close') })

/** told announces politely that something is done. */
export function told(message: string) {
  notifications.show({ message, color: 'teal', autoClose: 4_000, closeButtonProps: close() })
}

/** failed announces what the API said about an action. */
export function failed(error: unknown, fallback: string) {
  notifications.show({ message: error instanceof Failure ? error.message : fallback, color: 'red', autoClose: 10_000, closeButtonProps: close() })
}

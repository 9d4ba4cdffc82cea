import { PasswordInput, type PasswordInputProps } from '@mantine/core'
import { useTranslation } from 'react-i18next'

/** Password is a field for one; a screen reader is told when it is wrong, and what its eye does. */
export function Password(p: PasswordInputProps) {
  const { t } = useTranslation()
  return <PasswordInput required aria-invalid={p.error ? true : undefined} visibilityToggleButtonProps={{ 'aria-label': t('person.showPassword') }} {...p} />
}

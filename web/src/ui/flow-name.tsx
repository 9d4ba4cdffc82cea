import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'

/** rentedWaits is the flow of which the waits are runs that outside systems rent by the API. Nobody edits it. */
export const rentedWaits = 'api:waits'

/** useFlowName says what people read in the place of a flow's name. */
export function useFlowName(): (name: string, title?: string) => string {
  const { t } = useTranslation()
  return (name, title) => (name === rentedWaits ? t('run.rented') : title || name)
}

/** FlowLink leads to a flow's editor, where it has one. */
export function FlowLink({ name, title }: { name: string; title?: string }) {
  const nameOf = useFlowName()
  if (name === rentedWaits) return <>{nameOf(name)}</>
  return (
    <Link to="/flows/$name" params={{ name }}>
      {nameOf(name, title)}
    </Link>
  )
}

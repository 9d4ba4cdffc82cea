import { TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Ask } from './dialog'

interface Confirmed {
  title: string
  text: string
  does: string
  act: () => Promise<unknown>
  done: () => void
  close: () => void
  /** type is what has to be typed first, where there is no way back. */
  type?: string
}

/** Confirm asks before something goes that does not come back, and stays open with the reason if it can't go. */
export function Confirm({ title, text, does, act, done, close, type }: Confirmed) {
  const { t } = useTranslation()
  const [typed, setTyped] = useState('')
  const run = useMutation({
    mutationFn: act,
    onSuccess: () => {
      done()
      close()
    },
  })
  return (
    <Ask title={title} close={close} act={run} does={does} danger ready={type === undefined || typed === type}>
      <p>{text}</p>
      {type !== undefined && <TextInput label={t('do.typeName', { name: type })} data-autofocus value={typed} onChange={(e) => setTyped(e.currentTarget.value)} />}
    </Ask>
  )
}

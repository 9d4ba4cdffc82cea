import { TagsInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import { Ask } from '../../ui/dialog'
import { each, file } from './filing'

type Flow = Schemas['Flow']

/** Tagging changes tags: those that all the flows have are shown, and what only some have stays. */
export default function Tagging({ flows, tags, close }: { flows: Flow[]; tags: string[]; close: () => void }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const [common] = useState(() => (flows[0].tags ?? []).filter((tag) => flows.every((f) => f.tags?.includes(tag))))
  const [now, setNow] = useState(common)
  const others = tags.filter((tag) => !now.includes(tag))
  const save = useMutation({
    mutationFn: () =>
      each(flows, (f) => {
        const left = (f.tags ?? []).filter((tag) => !common.includes(tag) || now.includes(tag))
        return file(f, { tags: [...new Set([...left, ...now])] })
      }),
    onSuccess: close,
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['flows'] }),
  })
  return (
    <Ask title={flows.length === 1 ? t('flows.tagsOf', { flow: flows[0].title || flows[0].name }) : t('flows.tagsOfMany', { count: flows.length })} close={close} act={save} does={t('flows.tag')}>
      <TagsInput label={t('flows.tags')} description={flows.length === 1 ? t('flows.tagsHelp') : t('flows.tagsHelpMany')} data-autofocus value={now} onChange={setNow} maxTags={20} acceptValueOnBlur />
      {others.length > 0 && (
        <div className="tags" role="group" aria-label={t('flows.tagsUsed')}>
          <span className="dim">{t('flows.tagsUsed')}:</span>
          {others.map((tag) => (
            <button key={tag} type="button" className="pill tone-neutral" onClick={() => setNow([...now, tag])}>
              {tag}
            </button>
          ))}
        </div>
      )}
    </Ask>
  )
}

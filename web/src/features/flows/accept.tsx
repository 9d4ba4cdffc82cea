import { Button, MultiSelect, NumberInput, Select } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { set, type Fields, type Json, type Path, type Step } from '../../flow/document'
import { TextField } from '../../ui/schema-fields'
import { object, pathText, type Form } from './form'

const acceptWays = ['any', 'choices', 'kinds', 'match', 'when'] as const

/** AcceptForm says which answers count, how often another may be given, and whether there is a way for those who give none. */
export function AcceptForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const r = object(p.step.fields.customer_response)
  const accept = object(r.accept)
  const way = acceptWays.find((w) => w in accept) ?? 'any'
  const at: Path = ['customer_response', 'accept']
  const fresh = { any: undefined, choices: { choices: { yes: ['yes', '1'], no: ['no', '2'] } }, kinds: { kinds: ['text'] }, match: { match: '^[0-9]+$' }, when: { when: "reply.text != ''" } }
  const error = p.error('customer_response.accept') ?? p.problems.find((d) => d.path?.startsWith(`${pathText(p.step.path)}.customer_response.accept`))?.message
  const times = object(r.retry).times
  return (
    <>
      <Select
        label={t('accept.label')} value={way} allowDeselect={false} data={acceptWays.map((w) => ({ value: w, label: t(`accept.${w}`) }))} error={way === 'any' ? error : undefined}
        onChange={(w) => {
          const next = set(p.text, [...p.step.path, ...at], fresh[w as keyof typeof fresh])
          // Without a way to refuse an answer there is nothing to try again.
          p.edit(w === 'any' ? set(next, [...p.step.path, 'customer_response', 'retry'], undefined) : next)
        }}
      />
      {way === 'choices' && <Choices value={object(accept.choices)} set={(v) => p.put([...at, 'choices'], v)} error={error} />}
      {way === 'kinds' && (
        <MultiSelect label={t('accept.kinds')} data={['text', 'button', 'list', 'image', 'audio', 'video', 'document', 'sticker', 'location', 'contacts', 'order', 'flow', 'reaction']} value={(Array.isArray(accept.kinds) ? accept.kinds : []).map(String)} error={error} onChange={(v) => p.put([...at, 'kinds'], v)} />
      )}
      {way === 'match' && <TextField label={t('accept.match')} mono value={String(accept.match ?? '')} set={(v) => p.put([...at, 'match'], v)} error={error} />}
      {way === 'when' && <TextField label={t('accept.condition')} description={t('accept.conditionHelp')} mono value={String(accept.when ?? '')} set={(v) => p.put([...at, 'when'], v)} error={error} />}
      {way !== 'any' && (
        <>
          <NumberInput
            label={t('accept.retries')} description={t('accept.retriesHelp')} min={0} max={10} allowDecimal={false} value={typeof times === 'number' ? times : 0} error={p.error('customer_response.retry.times')}
            onChange={(n) => p.put(['customer_response', 'retry'], Number(n) > 0 ? { ...object(r.retry), times: Number(n) } : undefined)}
          />
          {typeof times === 'number' && times > 0 && (
            <TextField label={t('accept.say')} description={t('accept.sayHelp')} value={String(object(r.retry).say ?? '')} set={(v) => p.put(['customer_response', 'retry', 'say'], v || undefined)} error={p.error('customer_response.retry.say')} focused={p.focused} />
          )}
          {!('invalid' in p.step.fields) && (
            <Button variant="default" onClick={() => p.put(['invalid'], [])}>
              {t('accept.addInvalid')}
            </Button>
          )}
        </>
      )}
    </>
  )
}

/** Choices are written one a line: yes: yes, sí, 1. What is typed stays until it can be read. */
function Choices({ value, set, error }: { value: Fields; set: (v: Json) => void; error?: string }) {
  const { t } = useTranslation()
  const [draft, setDraft] = useState<string>()
  const written = Object.entries(value)
    .map(([name, words]) => `${name}: ${(Array.isArray(words) ? words : []).map(String).join(', ')}`)
    .join('\n')
  return (
    <TextField
      label={t('accept.choices')} description={t('accept.choicesHelp')} long value={draft ?? written} error={error}
      set={(typed) => {
        setDraft(typed)
        set(readChoices(typed))
      }}
    />
  )
}

/** readChoices reads what was typed, one choice a line. */
export function readChoices(typed: string): Json {
  const lines = typed.split('\n').filter((line) => line.trim() !== '')
  return Object.fromEntries(
    lines.map((line) => {
      const [name, words = ''] = line.split(/:(.*)/s)
      return [name.trim(), words.split(',').map((w) => w.trim()).filter(Boolean)]
    }),
  )
}

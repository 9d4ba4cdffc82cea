import { NumberInput, SegmentedControl, Select, Switch, TagsInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Json, Step } from '../../flow/document'
import { Notice } from '../../ui/page'
import { TextField } from '../../ui/schema-fields'
import { FailureForm, object, OnUnknown, Values, type Form } from './form'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/

/** HTTPForm is the form of one request. */
export function HTTPForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const h = object(p.step.fields.http)
  const method = String(h.method ?? 'GET')
  const once = method === 'POST' || method === 'PATCH'
  return (
    <>
      <Select
        label={t('http.method')} data={methods} value={method} allowDeselect={false} error={p.error('http.method')}
        onChange={(v) => {
          const { json, form, text, idempotent, method: _, ...rest } = h
          const bodies = v === 'GET' || v === 'HEAD' ? {} : { json, form, text }
          p.put(['http'], clean({ method: v && v !== 'GET' ? v : undefined, ...rest, ...bodies, idempotent: v === 'POST' || v === 'PATCH' ? idempotent : undefined }))
        }}
      />
      <TextField label={t('http.url')} description={t('http.urlHelp')} value={String(h.url ?? '')} set={(v) => p.put(['http', 'url'], v)} error={p.error('http.url')} focused={p.focused} />
      <Select
        label={t('step.connection')} description={t('http.connectionHelp')} data={p.catalog.connections.map((c) => c.name)} value={String(p.step.fields.connection ?? '') || null} clearable placeholder={t('http.noConnection')} error={p.error('connection')}
        onChange={(v) => p.put(['connection'], v ?? undefined)}
      />
      <h3 className="label">{t('http.query')}</h3>
      <Values {...p} at={['http', 'query']} names={/./} fresh={t('http.newQuery')} />
      <h3 className="label">{t('http.headers')}</h3>
      <Values {...p} at={['http', 'headers']} names={headerName} fresh={t('http.newHeader')} />
      {method !== 'GET' && method !== 'HEAD' && <Body {...p} at="http" ways={['json', 'form', 'text']} />}
      <TagsInput
        label={t('http.accept')} description={t('http.acceptHelp')} value={(Array.isArray(h.accept_status) ? h.accept_status : []).map(String)} error={p.error('http.accept_status')}
        onChange={(v) => p.put(['http', 'accept_status'], v.length > 0 ? v.map((s) => Number(s) || s) : undefined)}
      />
      {once && <Switch label={t('http.idempotent')} description={t('http.idempotentHelp')} checked={h.idempotent === true} onChange={(e) => p.put(['http', 'idempotent'], e.currentTarget.checked || undefined)} />}
      <FailureForm {...p} />
      {once && h.idempotent !== true && <OnUnknown {...p} />}
    </>
  )
}

/** RespondForm is the form of the answer to who called the flow. */
export function RespondForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const r = object(p.step.fields.respond)
  return (
    <>
      {p.flow.trigger.on !== 'webhook' && <Notice tone="warning">{t('http.nobody')}</Notice>}
      <NumberInput
        label={t('http.status')} min={200} max={599} allowDecimal={false} placeholder="200" value={typeof r.status === 'number' ? r.status : ''} error={p.error('respond.status')}
        onChange={(n) => p.put(['respond', 'status'], typeof n === 'number' ? n : undefined)}
      />
      <h3 className="label">{t('http.headers')}</h3>
      <Values {...p} at={['respond', 'headers']} names={headerName} fresh={t('http.newHeader')} />
      <Body {...p} at="respond" ways={['json', 'text']} />
    </>
  )
}

/** Body is what is sent: fields as JSON or as a form, or a text. */
function Body(p: Form & { step: Step; at: 'http' | 'respond'; ways: ('json' | 'form' | 'text')[] }) {
  const { t } = useTranslation()
  const given = object(p.step.fields[p.at])
  const way = p.ways.find((w) => w in given) ?? 'none'
  return (
    <>
      <h3 className="label">{t('http.body')}</h3>
      <SegmentedControl
        aria-label={t('http.body')} value={way} data={(['none', ...p.ways] as const).map((value) => ({ value, label: t(`http.body_${value}`) }))}
        onChange={(v) => {
          const { json: _, form: __, text: ___, ...rest } = given
          p.put([p.at], { ...rest, ...(v === 'none' ? {} : { [v]: v === 'text' ? '' : {} }) })
        }}
      />
      {way === 'text' && <TextField label={t('http.body')} long value={String(given.text ?? '')} set={(v) => p.put([p.at, 'text'], v)} error={p.error(`${p.at}.text`)} focused={p.focused} />}
      {(way === 'json' || way === 'form') && (isFields(given[way]) ? <Values {...p} at={[p.at, way]} names={/./} /> : <Notice>{t('step.yamlOnly')}</Notice>)}
    </>
  )
}

function isFields(v: Json | undefined): boolean {
  return typeof v === 'object' && v !== null && !Array.isArray(v)
}

/** clean leaves out what is undefined. */
function clean(fields: { [key: string]: Json | undefined }): { [key: string]: Json } {
  return Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined)) as { [key: string]: Json }
}

import { Button, Select } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { before, set, type Step } from '../../flow/document'
import { Notice } from '../../ui/page'
import { TextField } from '../../ui/schema-fields'
import { AcceptForm } from './accept'
import { action } from './catalog'
import { object, Time, useFlowNames, type Form } from './form'

export function ResponseForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const r = object(p.step.fields.customer_response)
  const sends = before(p.flow, p.step.path).filter((s) => s.kind === 'do' && action(p.catalog, String(s.fields.do ?? ''))?.sends)
  return (
    <>
      <p className="dim" style={{ margin: 0 }}>
        {t('step.responseHelp')}
      </p>
      <Time label={t('step.within')} value={r.within} set={(v) => p.put(['customer_response', 'within'], v)} error={(at) => p.error(`customer_response.within${at}`)} focused={p.focused} />
      {sends.length === 0 && !('connection' in r) && <Notice tone="warning">{t('step.nothingAsked')}</Notice>}
      <Select
        label={t('step.answers')} description={t('step.answersHelp')} data={sends.map((s) => s.id)} value={typeof r.to === 'string' ? r.to : null} clearable placeholder={sends.at(-1)?.id}
        onChange={(v) => p.put(['customer_response', 'to'], v ?? undefined)} error={p.error('customer_response.to')}
      />
      <Select
        label={t('step.elsewhere')} description={t('step.elsewhereHelp')} data={p.catalog.connections.map((c) => c.name)} value={typeof r.connection === 'string' ? r.connection : null} clearable
        onChange={(v) => p.put(['customer_response', 'connection'], v ?? undefined)} error={p.error('customer_response.connection')}
      />
      <Select
        label={t('step.several')} description={t('step.severalHelp')} data={(['newest', 'oldest', 'all'] as const).map((v) => ({ value: v, label: t(`several.${v}`) }))}
        value={String(r.several ?? 'newest')} allowDeselect={false} onChange={(v) => p.put(['customer_response', 'several'], v && v !== 'newest' ? v : undefined)}
      />
      <AcceptForm {...p} />
      <TermsForm {...p} />
      <Link to="/insight" search={{ flow: p.flow.name }}>
        {t('insight.title')}
      </Link>
      {!('undelivered' in p.step.fields) && (
        <Button variant="default" onClick={() => p.put(['undelivered'], [])}>
          {t('step.addUndelivered')}
        </Button>
      )}
    </>
  )
}

/** TermsForm holds what few questions need: when the clock starts, and what becomes of messages beside the answer. */
function TermsForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const r = object(p.step.fields.customer_response)
  const collect = object(r.collect)
  const from = String(r.from ?? 'sent')
  const choice = (field: 'from' | 'channels' | 'on_takeover', values: readonly string[]) => (
    <Select
      label={t(`terms.${field}`)} data={values.map((value) => ({ value, label: t(`terms.${field}_${value}` as never) as string }))} value={String(r[field] ?? values[0])} allowDeselect={false} error={p.error(`customer_response.${field}`)}
      onChange={(v) => {
        const next = set(p.text, [...p.step.path, 'customer_response', field], v && v !== values[0] ? v : undefined)
        // Only a clock that waits for a status has a time to wait for it.
        p.edit(field === 'from' && v !== 'delivered' && v !== 'read' ? set(next, [...p.step.path, 'customer_response', 'deliver_within'], undefined) : next)
      }}
    />
  )
  return (
    <details>
      <summary className="dim">{t('terms.label')}</summary>
      <div className="stack" style={{ marginTop: 12 }}>
        {choice('from', ['sent', 'delivered', 'read', 'step'])}
        {(from === 'delivered' || from === 'read') && (
          <TextField label={t('terms.deliverWithin')} placeholder="24h" value={String(r.deliver_within ?? '')} set={(v) => p.put(['customer_response', 'deliver_within'], v || undefined)} error={p.error('customer_response.deliver_within')} />
        )}
        <TextField label={t('terms.quiet')} description={t('terms.quietHelp')} placeholder="5s" value={String(collect.quiet ?? '')} set={(v) => p.put(['customer_response', 'collect'], v ? { ...collect, quiet: v } : undefined)} error={p.error('customer_response.collect.quiet')} />
        {'quiet' in collect && <TextField label={t('terms.max')} placeholder="60s" value={String(collect.max ?? '')} set={(v) => p.put(['customer_response', 'collect', 'max'], v || undefined)} error={p.error('customer_response.collect.max')} />}
        <LateForm {...p} />
        {choice('channels', ['same', 'any'])}
        {choice('on_takeover', ['continue', 'pause', 'cancel'])}
        {r.on_takeover === 'pause' && <TextField label={t('terms.resumeAfter')} placeholder="24h" value={String(r.resume_after ?? '')} set={(v) => p.put(['customer_response', 'resume_after'], v || undefined)} error={p.error('customer_response.resume_after')} />}
      </div>
    </details>
  )
}

function LateForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const names = useFlowNames()
  const late = object(p.step.fields.customer_response).late
  const starts = typeof late === 'object'
  const at = ['customer_response', 'late']
  return (
    <>
      <Select
        label={t('terms.late')} data={(['attach', 'ignore', 'start_flow'] as const).map((value) => ({ value, label: t(`terms.late_${value}`) }))} value={starts ? 'start_flow' : String(late ?? 'attach')} allowDeselect={false} error={starts ? undefined : p.error(at.join('.'))}
        onChange={(v) => p.put(at, v === 'start_flow' ? { start_flow: '' } : v === 'ignore' ? v : undefined)}
      />
      {starts && <Select label={t('step.startFlow')} data={names} value={String(object(late).start_flow ?? '') || null} searchable error={p.error('customer_response.late.start_flow')} onChange={(v) => p.put(at, { start_flow: v ?? '' })} />}
    </>
  )
}

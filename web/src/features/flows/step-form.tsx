import { ActionIcon, Button, MultiSelect, SegmentedControl, Select, Switch, TagsInput, TextInput } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { remove, type Json, type Step } from '../../flow/document'
import { Notice } from '../../ui/page'
import { SchemaFields, TextField } from '../../ui/schema-fields'
import { action, connectionsOf } from './catalog'
import { bare, Connection, Expression, FailureForm, object, OnUnknown, Text, Time, useCalendars, useFields, useFlowNames, useLists, Values, type Form } from './form'
import { HTTPForm, RespondForm } from './http-form'
import { LoopForm } from './loop-form'
import { ResponseForm } from './response-form'

export function StepForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const { step } = p
  return (
    <>
      <IdField key={step.path.join('.')} id={step.id} set={(v) => p.put(['id'], v)} error={p.error('id')} />
      {forms[step.kind ?? 'unknown']?.(p) ?? <Notice>{t('step.yamlOnly')}</Notice>}
    </>
  )
}

/** IdField changes the id once it is whole: each half of one would break what refers to it. */
function IdField({ id, set, error }: { id: string; set: (v: string) => void; error?: string }) {
  const { t } = useTranslation()
  const [draft, setDraft] = useState(id)
  return (
    <TextInput
      label={t('step.id')} description={t('step.idHelp')} value={draft} error={error} withAsterisk onChange={(e) => setDraft(e.currentTarget.value)} onBlur={() => draft !== id && set(draft)}
      onKeyDown={(e) => e.key === 'Enter' && draft !== id && set(draft)}
    />
  )
}

const forms: Record<string, (p: Form & { step: Step }) => ReactNode> = {
  do: (p) => <DoForm {...p} />,
  http: (p) => <HTTPForm {...p} />,
  for_each: (p) => <LoopForm {...p} />,
  repeat: (p) => <LoopForm {...p} />,
  respond: (p) => <RespondForm {...p} />,
  if: (p) => <Expression {...p} at="if" label="step.if" />,
  switch: (p) => <SwitchForm {...p} />,
  customer_response: (p) => <ResponseForm {...p} />,
  delay: (p) => <DelayForm {...p} />,
  set: (p) => <Values {...p} at={['set']} />,
  contact: (p) => <ContactForm {...p} />,
  emit: (p) => (
    <>
      <Text {...p} at={['emit', 'event']} label="step.emitEvent" />
      <Values {...p} at={['emit', 'data']} />
    </>
  ),
  start_flow: (p) => <StartFlowForm {...p} />,
  end_runs: (p) => <EndRunsForm {...p} />,
  fail: (p) => <Text {...p} at={['fail', 'message']} label="step.failMessage" />,
  stop: (p) => <Text {...p} at={['stop', 'reason']} label="step.stopReason" />,
}

function DoForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const name = String(p.step.fields.do ?? '')
  const a = action(p.catalog, name)
  const groups = p.catalog.connectors.flatMap((c) => {
    const items = (c.manifest.actions ?? []).map((x) => ({ value: `${c.name}.${x.name}`, label: x.title }))
    return items.length > 0 ? [{ group: c.title, items }] : []
  })
  return (
    <>
      <Select label={t('step.action')} description={a?.summary} data={groups} value={name || null} searchable withAsterisk error={p.error('do')} onChange={(v) => v && p.put(['do'], v)} />
      {a && (
        <>
          <Connection name={String(p.step.fields.connection ?? '')} choices={connectionsOf(p.catalog, name)} set={(v) => p.put(['connection'], v)} error={p.error('connection')} connector={a.connector.title} />
          <SchemaFields type={a.input} values={object(p.step.fields.with)} change={(f, v) => p.put(['with', f], v)} error={(f) => p.error(`with.${f}`)} templates focused={p.focused} connection={String(p.step.fields.connection ?? '') || undefined} />
          <FailureForm {...p} />
          {a.repeat === 'once' && <OnUnknown {...p} />}
        </>
      )}
    </>
  )
}

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

function DelayForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const names = useCalendars()
  const d = object(p.step.fields.delay)
  const way = 'until' in d ? 'until' : 'open' in d ? 'open' : 'next' in d ? 'next' : 'for'
  const fresh: Record<string, Json> = { for: { for: '1h' }, until: { until: '' }, next: { next: 'mon', at: '09:00' }, open: { open: names[0] ?? '' } }
  const next = (Array.isArray(d.next) ? d.next : [d.next ?? []].flat()).map(String)
  return (
    <>
      <SegmentedControl
        aria-label={t('kind.delay')} value={way} data={(['for', 'until', 'next', ...(names.length > 0 || way === 'open' ? ['open'] : [])] as ('for' | 'until' | 'next' | 'open')[]).map((value) => ({ value, label: t(`step.delay_${value}`) }))}
        onChange={(v) => p.put(['delay'], fresh[v])}
      />
      {way === 'until' && <TextField label={t('step.delay_until')} description={t('step.expression')} mono expression value={String(d.until ?? '')} set={(v) => p.put(['delay', 'until'], v)} error={p.error('delay.until')} focused={bare(p.focused)} />}
      {way === 'for' && <Time label={t('step.delay_for')} value={'business' in d ? d : d.for} set={(v) => p.put(['delay'], typeof v === 'string' ? { for: v } : v)} error={(at) => p.error(at === '' ? 'delay.for' : `delay${at}`)} focused={p.focused} />}
      {way === 'next' && (
        <>
          <MultiSelect label={t('step.delay_days')} data={weekdays.map((value) => ({ value, label: t(`calendars.${value}`) }))} value={next} withAsterisk error={p.error('delay.next') ?? p.error('delay.next[0]')} onChange={(v) => p.put(['delay', 'next'], v.length === 1 ? v[0] : v)} />
          <TextField label={t('step.delay_at')} description={t('step.delay_atHelp')} placeholder="09:00" value={String(d.at ?? '')} set={(v) => p.put(['delay', 'at'], v || undefined)} error={p.error('delay.at')} />
          <TextField label={t('trigger.date_time_zone')} description={t('trigger.date_time_zoneHelp')} placeholder="Europe/Madrid" value={String(d.time_zone ?? '')} set={(v) => p.put(['delay', 'time_zone'], v || undefined)} error={p.error('delay.time_zone')} />
        </>
      )}
      {way === 'open' && <Select label={t('step.delay_open')} data={names} value={String(d.open ?? '') || null} error={p.error('delay.open')} onChange={(v) => p.put(['delay', 'open'], v ?? '')} />}
    </>
  )
}

function ContactForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const lists = useLists()
  const fields = useFields()
  const c = object(p.step.fields.contact)
  const list = (at: 'add_tags' | 'remove_tags') => (
    <TagsInput label={t(`step.${at}`)} value={(Array.isArray(c[at]) ? c[at] : []).map(String)} error={p.error(`contact.${at}`)} onChange={(v) => p.put(['contact', at], v.length > 0 ? v : undefined)} />
  )
  const onList = (at: 'add_lists' | 'remove_lists') => {
    const value = (Array.isArray(c[at]) ? c[at] : []).map(String)
    return <MultiSelect label={t(`step.${at}`)} data={[...new Set([...lists, ...value])]} value={value} searchable error={p.error(`contact.${at}`) ?? p.error(`contact.${at}[0]`)} onChange={(v) => p.put(['contact', at], v.length > 0 ? v : undefined)} />
  }
  return (
    <>
      {list('add_tags')}
      {list('remove_tags')}
      {onList('add_lists')}
      {onList('remove_lists')}
      {(['name', 'language', 'time_zone'] as const).map((f) => (
        <TextField key={f} label={t(`contact.${f}`)} value={String(c[f] ?? '')} set={(v) => p.put(['contact', f], v || undefined)} error={p.error(`contact.${f}`)} focused={p.focused} />
      ))}
      <Select label={t('contact.consent')} data={(['subscribed', 'unsubscribed'] as const).map((value) => ({ value, label: t(`state.${value}`) }))} value={String(c.consent ?? '') || null} clearable placeholder={t('step.stays')} onChange={(v) => p.put(['contact', 'consent'], v ?? undefined)} />
      <Select label={t('contact.blocked')} data={[{ value: 'true', label: t('step.yes') }, { value: 'false', label: t('step.no') }]} value={typeof c.block === 'boolean' ? String(c.block) : null} clearable placeholder={t('step.stays')} onChange={(v) => p.put(['contact', 'block'], v === null ? undefined : v === 'true')} />
      <p className="dim" style={{ margin: 0 }}>
        {t('contact.fields')}
      </p>
      <Values {...p} at={['contact', 'fields']} among={fields.map((f) => f.name)} />
    </>
  )
}

function StartFlowForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const names = useFlowNames()
  const s = object(p.step.fields.start_flow)
  return (
    <>
      <Select label={t('step.startFlow')} data={names} value={String(s.flow ?? '') || null} searchable withAsterisk error={p.error('start_flow.flow')} onChange={(v) => p.put(['start_flow', 'flow'], v ?? '')} />
      <Switch label={t('step.startWait')} description={t('step.startWaitHelp')} checked={s.wait === true} onChange={(e) => p.put(['start_flow', 'wait'], e.currentTarget.checked || undefined)} />
      <p className="dim" style={{ margin: 0 }}>
        {t('step.startData')}
      </p>
      <Values {...p} at={['start_flow', 'data']} />
    </>
  )
}

function EndRunsForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const names = useFlowNames()
  const flows = object(p.step.fields.end_runs).flows
  const some = Array.isArray(flows)
  return (
    <>
      <p className="dim" style={{ margin: 0 }}>
        {t('step.endRunsHelp')}
      </p>
      <SegmentedControl aria-label={t('kind.end_runs')} value={some ? 'some' : 'all'} data={[{ value: 'all', label: t('step.endAll') }, { value: 'some', label: t('step.endSome') }]} onChange={(v) => p.put(['end_runs', 'flows'], v === 'all' ? 'all' : [])} />
      {some && <MultiSelect label={t('nav.flows')} data={names} value={flows.map(String)} error={p.error('end_runs.flows')} onChange={(v) => p.put(['end_runs', 'flows'], v)} />}
    </>
  )
}

function SwitchForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const cases = Array.isArray(p.step.fields.cases) ? p.step.fields.cases.map(object) : []
  return (
    <>
      <p className="dim" style={{ margin: 0 }}>
        {t('step.switchHelp')}
      </p>
      {cases.map((c, i) => (
        <div key={i} className="row" style={{ alignItems: 'flex-end' }}>
          <div className="grow">
            {'is' in c ? (
              <TextField label={t('step.caseIs', { n: i + 1 })} value={String(c.is ?? '')} set={(v) => p.put(['cases', i, 'is'], v)} error={p.error(`cases[${i}].is`)} />
            ) : (
              <TextField label={t('step.case', { n: i + 1 })} mono expression value={String(c.when ?? '')} set={(v) => p.put(['cases', i, 'when'], v)} error={p.error(`cases[${i}].when`)} focused={bare(p.focused)} />
            )}
          </div>
          {cases.length > 1 && (
            <ActionIcon variant="subtle" color="gray" size="lg" onClick={() => p.edit((text) => remove(text, [...p.step.path, 'cases', i]))} aria-label={t('step.removeCase', { n: i + 1 })}>
              <IconTrash size={16} />
            </ActionIcon>
          )}
        </div>
      ))}
      <Button variant="default" onClick={() => p.put(['cases', cases.length], { when: '', then: [] })}>
        {t('step.addCase')}
      </Button>
    </>
  )
}

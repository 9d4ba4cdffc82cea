import { NumberInput, Select, Switch, TagsInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Json } from '../../flow/document'
import { SchemaFields, TextField } from '../../ui/schema-fields'
import { connectionsOf, narrowedBy, ownTriggers, trigger } from './catalog'
import { Connection, object, useCalendars, useFields, useLists, type Form } from './form'
import { WebhookForm } from './webhook'

export function TriggerForm(p: Form) {
  const { t } = useTranslation()
  const lists = useLists()
  const on = String(p.flow.trigger.on ?? '')
  const tr = trigger(p.catalog, on)
  const connections = connectionsOf(p.catalog, on)
  const custom = on.startsWith('custom.')
  const groups = [
    { group: t('trigger.own'), items: [...ownTriggers.map((value) => ({ value: value as string, label: t(`trigger.${value.replace('.', '_')}` as never) as string })), { value: custom ? on : 'custom.', label: t('trigger.custom') }] },
    ...p.catalog.connectors.flatMap((c) => {
      const items = (c.manifest.triggers ?? []).map((x) => ({ value: `${c.name}.${x.name}`, label: x.title }))
      return items.length > 0 ? [{ group: c.title, items }] : []
    }),
  ]
  return (
    <>
      <TextField label={t('flows.title')} value={p.flow.title} set={(v) => p.put(['title'], v || undefined)} />
      <Select
        label={t('trigger.on')} data={groups} value={on || null} searchable withAsterisk error={p.error('trigger.on')} description={tr?.summary}
        onChange={(v) => {
          if (!v) return
          const only = connectionsOf(p.catalog, v)
          if (v === 'webhook') p.put(['trigger'], { on: v, with: { auth: 'standard_webhooks' } })
          else if (v === 'date') p.put(['trigger'], { on: v, with: { field: 'birthday', at: '09:00', ignore_year: true } })
          else if (v === 'schedule') p.put(['trigger'], { on: v, with: { cron: '0 9 * * mon-fri' } })
          else p.put(['trigger'], { on: v, ...(only.length === 1 ? { connection: only[0] } : {}) })
        }}
      />
      {custom && <TextField label={t('trigger.customName')} description={t('trigger.customHelp')} mono value={on.slice(7)} set={(v) => p.put(['trigger', 'on'], `custom.${v}`)} />}
      {narrowedBy[on] === 'list' && (
        <Select label={t('trigger.only_list')} description={t('trigger.onlyHelp')} data={lists} value={String(object(p.flow.trigger.with).list ?? '') || null} searchable clearable error={p.error('trigger.with.list')} onChange={(v) => p.put(['trigger', 'with'], v ? { list: v } : undefined)} />
      )}
      {narrowedBy[on] && narrowedBy[on] !== 'list' && (
        <TextField label={t(`trigger.only_${narrowedBy[on]}` as never) as string} description={t('trigger.onlyHelp')} value={String(object(p.flow.trigger.with)[narrowedBy[on]] ?? '')} set={(v) => p.put(['trigger', 'with'], v ? { [narrowedBy[on]]: v } : undefined)} error={p.error(`trigger.with.${narrowedBy[on]}`)} />
      )}
      {on === 'schedule' && <ScheduleForm {...p} />}
      {on === 'date' && <DateForm {...p} />}
      {on === 'message' && <MessageForm {...p} />}
      {on === 'webhook' && <WebhookForm flow={p.flow} put={p.put} error={p.error} readOnly={p.readOnly} />}
      {tr && (
        <>
          <Connection name={String(p.flow.trigger.connection ?? '')} choices={connections} set={(v) => p.put(['trigger', 'connection'], v)} error={p.error('trigger.connection')} connector={tr.connector.title} />
          <SchemaFields
            type={tr.input} values={object(p.flow.trigger.with)} change={(name, v) => p.put(['trigger', 'with', name], v)} error={(f) => p.error(`trigger.with.${f}`)} focused={p.focused}
            connection={String(p.flow.trigger.connection ?? '')}
          />
        </>
      )}
      <h2>{t('contact.about')}</h2>
      <p className="dim" style={{ margin: 0 }}>
        {t('contact.aboutHelp')}
      </p>
      {(['phone', 'email', 'name'] as const).map((f) => (
        <TextField key={f} label={t(`contact.${f}`)} value={String(p.flow.contact[f] ?? '')} set={(v) => p.put(['contact', f], v || undefined)} error={p.error(`contact.${f}`)} focused={p.focused} />
      ))}
      <Select
        label={t('trigger.perContact')} data={(['allow', 'queue', 'replace', 'reject'] as const).map((value) => ({ value, label: t(`trigger.per_${value}`) }))} value={p.flow.perContact} allowDeselect={false} error={p.error('per_contact')}
        onChange={(v) => p.put(['per_contact'], v && v !== 'allow' ? v : undefined)}
      />
      <NumberInput
        label={t('trigger.contactRate')} description={t('trigger.contactRateHelp')} value={p.flow.contactRate ?? ''} min={1} max={100000} allowDecimal={false} error={p.error('contact_rate')}
        onChange={(n) => p.put(['contact_rate'], Number(n) >= 1 ? Number(n) : undefined)}
      />
    </>
  )
}

/** DateForm is of a flow that starts when a date of a contact is due. */
function DateForm(p: Form) {
  const { t } = useTranslation()
  const dates = useFields().flatMap((f) => (f.type === 'date' ? [f.name] : []))
  const w = object(p.flow.trigger.with)
  const put = (field: string, v: Json | undefined) => p.put(['trigger', 'with', field], v)
  const field = (name: 'at' | 'offset' | 'time_zone', placeholder: string) => (
    <TextField label={t(`trigger.date_${name}`)} description={t(`trigger.date_${name}Help`)} placeholder={placeholder} value={String(w[name] ?? '')} set={(v) => put(name, v || undefined)} error={p.error(`trigger.with.${name}`)} />
  )
  return (
    <>
      <Select label={t('trigger.date_field')} data={dates} value={String(w.field ?? '') || null} searchable withAsterisk error={p.error('trigger.with.field')} onChange={(v) => put('field', v ?? '')} />
      <Switch label={t('trigger.date_yearly')} description={t('trigger.date_yearlyHelp')} checked={w.ignore_year === true} onChange={(e) => put('ignore_year', e.currentTarget.checked || undefined)} />
      {field('at', '09:00')}
      {field('offset', '-3d')}
      {field('time_zone', 'Europe/Madrid')}
    </>
  )
}

function ScheduleForm(p: Form) {
  const { t } = useTranslation()
  const w = object(p.flow.trigger.with)
  return (
    <>
      <TextField label={t('trigger.cron')} description={t('trigger.cronHelp')} mono value={String(w.cron ?? '')} set={(v) => p.put(['trigger', 'with', 'cron'], v)} error={p.error('trigger.with.cron')} />
      <TextField label={t('calendars.zone')} placeholder="Europe/Madrid" value={String(w.time_zone ?? '')} set={(v) => p.put(['trigger', 'with', 'time_zone'], v || undefined)} error={p.error('trigger.with.time_zone')} />
    </>
  )
}

function MessageForm(p: Form) {
  const { t } = useTranslation()
  const calendars = useCalendars()
  const w = object(p.flow.trigger.with)
  const put = (field: string, v: Json | undefined) => p.put(['trigger', 'with', field], v)
  const words = (field: 'texts' | 'payloads') => (
    <TagsInput label={t(`trigger.${field}`)} value={(Array.isArray(w[field]) ? w[field] : []).map(String)} error={p.error(`trigger.with.${field}`)} onChange={(v) => put(field, v.length > 0 ? v : undefined)} />
  )
  const rank = w.interrupts === true ? 'interrupts' : w.fallback === true ? 'fallback' : 'normal'
  return (
    <>
      <Select label={t('step.connection')} data={p.catalog.connections.map((c) => c.name)} value={String(p.flow.trigger.connection ?? '') || null} clearable placeholder={t('trigger.anyConnection')} error={p.error('trigger.connection')} onChange={(v) => p.put(['trigger', 'connection'], v ?? undefined)} />
      {words('texts')}
      {words('payloads')}
      <TextField label={t('accept.match')} mono value={String(w.pattern ?? '')} set={(v) => put('pattern', v || undefined)} error={p.error('trigger.with.pattern')} />
      <p className="dim" style={{ margin: 0 }}>
        {t('trigger.messageHelp')}
      </p>
      {(calendars.length > 0 || 'during' in w || 'outside' in w) &&
        (['during', 'outside'] as const).map((f) => <Select key={f} label={t(`trigger.${f}`)} data={calendars} value={String(w[f] ?? '') || null} clearable error={p.error(`trigger.with.${f}`)} onChange={(v) => put(f, v ?? undefined)} />)}
      <Select
        label={t('trigger.rank')} data={(['normal', 'interrupts', 'fallback'] as const).map((value) => ({ value, label: t(`trigger.rank_${value}`) }))} value={rank} allowDeselect={false} error={p.error('trigger.with.fallback')}
        onChange={(v) => {
          const { interrupts: _, fallback: __, ...rest } = w
          p.put(['trigger', 'with'], { ...rest, ...(v === 'normal' || !v ? {} : { [v]: true }) })
        }}
      />
    </>
  )
}

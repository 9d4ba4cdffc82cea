import { Button, MultiSelect, Select, Switch, TagsInput, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { useSession } from '../../app/frame'
import { Confirm } from '../../ui/confirm'
import { Ask } from '../../ui/dialog'
import { Fact } from '../../ui/page'
import { Status } from '../../ui/status'
import { told } from '../../ui/toast'
import { Merge } from './merge'

type Contact = Schemas['Contact']

/** Known shows what is known of a contact besides how to reach them. */
export function Known({ contact: c }: { contact: Contact }) {
  const { t } = useTranslation()
  const fields = Object.entries((c.fields ?? {}) as Record<string, unknown>)
  const facts = [...(c.language ? [[t('contact.language'), c.language]] : []), ...(c.time_zone ? [[t('contact.time_zone'), c.time_zone]] : []), ...fields]
  return (
    <>
      <div className="row wrap">
        {c.blocked && <Status state="blocked" />}
        <Status state={c.consent ?? 'not_declared'} />
        {(c.tags ?? []).map((tag) => (
          <span key={tag} className="pill tone-neutral">
            {tag}
          </span>
        ))}
        {(c.lists ?? []).map((name) => (
          <Link key={name} to="/contacts" search={{ list: name }} className="pill tone-running">
            {name}
          </Link>
        ))}
      </div>
      {facts.length > 0 && (
        <dl className="facts">
          {facts.map(([name, value]) => (
            <Fact key={String(name)} name={String(name)}>
              {typeof value === 'object' ? JSON.stringify(value) : String(value)}
            </Fact>
          ))}
        </dl>
      )}
    </>
  )
}

/** Actions lets one change what is known of a contact, take it along, and take it away. */
export function Actions({ contact: c }: { contact: Contact }) {
  const { t } = useTranslation()
  const { may } = useSession()
  const queryClient = useQueryClient()
  const [asking, setAsking] = useState<'change' | 'merge' | 'erase'>()
  const close = () => setAsking(undefined)
  return (
    <>
      {may('operate') && (
        <>
          <Button variant="default" onClick={() => setAsking('change')}>
            {t('contact.change')}
          </Button>
          <Button variant="default" onClick={() => setAsking('merge')}>
            {t('merge.do')}
          </Button>
        </>
      )}
      <Button variant="default" component="a" href={`/api/v1/contacts/${c.id}/export`} download={`${c.id}.json`}>
        {t('contact.export')}
      </Button>
      {may('admin') && (
        <Button variant="subtle" color="red" onClick={() => setAsking('erase')}>
          {t('contact.erase')}
        </Button>
      )}
      {asking === 'change' && <Change contact={c} close={close} />}
      {asking === 'merge' && <Merge contact={c} close={close} />}
      {asking === 'erase' && (
        <Confirm
          title={t('contact.erase')} text={t('contact.eraseHelp')} does={t('contact.erase')} type={c.phone || c.email || c.id} close={close}
          act={() => ask(client.DELETE('/api/v1/contacts/{id}', { params: { path: { id: c.id } } }))}
          done={() => {
            told(t('contact.erased'))
            void queryClient.invalidateQueries()
          }}
        />
      )}
    </>
  )
}

/** typed is what was typed as a field of that type holds it; nothing takes the value away. */
const typed = (type: Schemas['ContactField']['type'], text: string) => (text === '' ? null : type === 'number' ? Number(text) : type === 'boolean' ? text === 'true' : text)

function Change({ contact: c, close }: { contact: Contact; close: () => void }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const [name, setName] = useState(c.name ?? '')
  const [language, setLanguage] = useState(c.language ?? '')
  const [zone, setZone] = useState(c.time_zone ?? '')
  const [tags, setTags] = useState(c.tags ?? [])
  const was = (c.fields ?? {}) as Record<string, unknown>
  const declared = useQuery({ queryKey: ['fields'], queryFn: () => ask(client.GET('/api/v1/fields')) })
  const [fields, setFields] = useState<Record<string, string>>({})
  const [lists, setLists] = useState(c.lists ?? [])
  const known = useQuery({ queryKey: ['lists'], queryFn: () => ask(client.GET('/api/v1/lists')) })
  const [consent, setConsent] = useState<string | null>(c.consent ?? null)
  const [blocked, setBlocked] = useState(c.blocked ?? false)
  const save = useMutation({
    mutationFn: () => {
      const added = (was: string[] | null | undefined, is: string[]) => is.filter((w) => !(was ?? []).includes(w))
      return ask(
        client.PATCH('/api/v1/contacts/{id}', {
          params: { path: { id: c.id } },
          body: { name, language, time_zone: zone, blocked, add_tags: added(c.tags, tags), remove_tags: added(tags, c.tags ?? []), add_lists: added(c.lists, lists), remove_lists: added(lists, c.lists ?? []), fields: Object.fromEntries((declared.data?.items ?? []).flatMap((f) => (f.name in fields ? [[f.name, typed(f.type, fields[f.name])]] : []))), ...(consent ? { consent: consent as 'subscribed' } : {}) },
        }),
      )
    },
    onSuccess: () => {
      told(t('contact.saved'))
      close()
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['contacts'] }),
  })
  return (
    <Ask title={t('contact.change')} close={close} act={save} does={t('contact.change')}>
        <TextInput label={t('contact.name')} value={name} onChange={(e) => setName(e.currentTarget.value)} />
        <TagsInput label={t('contact.tags')} value={tags} onChange={setTags} />
        <MultiSelect label={t('contact.lists')} data={[...new Set([...(known.data?.items ?? []).map((l) => l.name), ...lists])]} value={lists} searchable onChange={setLists} />
        <TextInput label={t('contact.language')} placeholder="es" value={language} onChange={(e) => setLanguage(e.currentTarget.value)} />
        <TextInput label={t('contact.time_zone')} placeholder="Europe/Madrid" value={zone} onChange={(e) => setZone(e.currentTarget.value)} />
        {(declared.data?.items ?? []).map((f) => {
          const choices = f.type === 'choice' ? (f.choices ?? []).map((value) => ({ value, label: value })) : f.type === 'boolean' ? [{ value: 'true', label: t('step.yes') }, { value: 'false', label: t('step.no') }] : undefined
          const value = fields[f.name] ?? String(was[f.name] ?? '')
          const set = (v: string) => setFields({ ...fields, [f.name]: v })
          return choices ? (
            <Select key={f.name} label={f.title || f.name} data={choices} value={value || null} clearable onChange={(v) => set(v ?? '')} />
          ) : (
            <TextInput key={f.name} label={f.title || f.name} type={f.type === 'date' || f.type === 'number' ? f.type : 'text'} step="any" placeholder={f.type === 'datetime' ? '2026-05-17T09:00:00Z' : undefined} value={value} onChange={(e) => set(e.currentTarget.value)} />
          )
        })}
        <Select label={t('contact.consent')} value={consent} allowDeselect={false} placeholder={t('contact.notDeclared')} data={(['subscribed', 'unsubscribed'] as const).map((value) => ({ value, label: t(`state.${value}`) }))} onChange={setConsent} />
        <Switch label={t('contact.blocked')} description={t('contact.blockHelp')} checked={blocked} onChange={(e) => setBlocked(e.currentTarget.checked)} />
    </Ask>
  )
}

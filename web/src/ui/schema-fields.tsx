import { Autocomplete, Checkbox, Fieldset, Select, TextInput, Textarea } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { entryOf, loadOptions, useEntries, withEntry, withRest, type Entry } from './entries'
import { memo, startTransition, useRef, useState, useTransition, type DragEvent, type FocusEvent, type KeyboardEvent, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../api/client'
import type { Fields, Json } from '../flow/document'
import { useExpression } from './expression'
import { useLatest, useSame } from './latest'
import { pieces } from './pieces'
import { Pills } from './pills'

export type Field = Schemas['Field']
export type Type = Schemas['Type']
export type Focused = (el: HTMLInputElement | HTMLTextAreaElement, insert: (text: string) => void) => void

interface Common {
  values: Fields
  change: (name: string, value: Json | undefined) => void
  /** error is what is wrong with the field at a path below this object. */
  error?: (path: string) => string | undefined
  /** templates lets every field hold {{ expressions }} instead of a value. */
  templates?: boolean
  focused?: Focused
  /** connection is asked for what fields with a list may hold. */
  connection?: string
  /** keeps says that a secret which is left empty stays as it is. */
  keeps?: boolean
}

/** SchemaFields is a form from a connector's schema: required fields first, the optional ones folded. */
export function SchemaFields({ type, values, change, error, focused, ...rest }: Common & { type: Type }) {
  const { t } = useTranslation()
  const put = useLatest(change)
  const focus = useLatest((...on: Parameters<Focused>) => focused?.(...on))
  const input = useSame(values, JSON.stringify(values))
  const fields = type.fields ?? []
  const entries = useEntries(fields, rest.connection, values)
  // What somebody is in stays where and what it is until they leave it.
  const [held, setHeld] = useState<{ name: string; first: boolean; entries?: Entry[] }>()
  const entriesOf = (f: Field) => (held?.name === f.name ? held.entries : isTemplate(input[f.name]) ? undefined : entries[f.name])
  const isFirst = (f: Field) => (held?.name === f.name ? held.first : !!f.required || f.name in values || !!entries[f.name])
  const hold = (f: Field) => held?.name !== f.name && setHeld({ name: f.name, first: isFirst(f), entries: entriesOf(f) })
  const first = fields.filter(isFirst)
  const more = fields.filter((f) => !isFirst(f))
  const [open, setOpen] = useState(first.length === 0)
  // A key in one field draws that field and no other.
  const one = (f: Field) => (
    <div key={f.name} onFocus={() => hold(f)} onBlur={(e) => !e.currentTarget.contains(e.relatedTarget) && setHeld(undefined)}>
      <SchemaField field={f} value={input[f.name]} input={f.options ? input : none} entries={entriesOf(f)} change={put} problem={error?.(f.name)} focused={focused && focus} {...rest} />
    </div>
  )
  return (
    <div className="stack">
      {first.map(one)}
      {more.length > 0 && (
        <details open={open} onToggle={(e) => setOpen(e.currentTarget.open)}>
          <summary className="dim">{t('form.more', { count: more.length })}</summary>
          <div className="stack" style={{ marginTop: 12 }}>
            {more.map(one)}
          </div>
        </details>
      )}
    </div>
  )
}

const none: Fields = {}

interface One extends Pick<Common, 'change' | 'templates' | 'focused' | 'connection' | 'keeps'> {
  field: Field
  value: Json | undefined
  input: Fields // of the whole form, where a list depends on it
  entries?: Entry[] // what the provider wants filled in, of a list or a map
  problem?: string
}

const SchemaField = memo(function SchemaField({ field, value, input, entries, change, problem, templates, focused, connection, keeps }: One) {
  const { t } = useTranslation()
  const label = field.label || field.name
  const set = (v: Json | undefined) => change(field.name, v)
  const common = { label, description: field.help, withAsterisk: !!field.required, error: problem }
  const kind = field.type.kind

  if (field.secret)
    return (
      <TextInput
        {...common} withAsterisk={!!field.required && !keeps} placeholder={keeps ? t('form.keptSecret') : undefined} type="password" autoComplete="off" value={text(value)} onChange={(e) => set(e.currentTarget.value || undefined)}
      />
    )
  if (field.one_of?.length && !(templates && isTemplate(value)))
    return <Select {...common} data={field.one_of} value={text(value) || null} onChange={(v) => set(v ?? undefined)} clearable={!field.required} searchable />
  if (kind === 'boolean' && !templates) return <Checkbox label={label} description={field.help} error={problem} checked={value === true} onChange={(e) => set(e.currentTarget.checked)} />
  if (entries) return <EntryFields {...common} entries={entries} map={kind === 'map'} value={value} set={set} focused={focused} />
  if (kind === 'list' && field.type.elem?.kind !== 'object') return <Lines {...common} value={value} set={set} focused={focused} />
  if (kind === 'list' || kind === 'map' || kind === 'object' || kind === 'any') return <JsonField {...common} value={value} set={set} />
  if (field.options && connection) return <OptionField {...common} name={field.name} list={field.options} connection={connection} input={input} value={text(value)} set={(v) => set(v || undefined)} focused={focused} />
  const long = kind === 'string' && (field.name === 'text' || (field.max ?? 0) > 600)
  return <TextField {...common} long={long} placeholder={field.default === undefined ? undefined : String(field.default)} value={text(value)} set={(v) => set(v === '' ? undefined : scalar(v, kind))} focused={focused} />
})

interface OptionProps extends TextProps {
  name: string
  list: string
  connection: string
  input: Fields
}

/** OptionField suggests what the provider has; anything else may be written too, as an expression is. */
function OptionField({ name, list, connection, input, value, set, focused, error, ...rest }: OptionProps) {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  const [search] = useDebouncedValue(value, 250)
  // The provider knows nothing of expressions, nor of what they will say: while one is written here it is not asked, and what
  // another field holds as one is left out.
  const asks = open && !value.includes('{') && !search.includes('{')
  const known = Object.fromEntries(Object.entries(input).filter(([other, v]) => other !== name && !isTemplate(v)))
  const options = useQuery({
    queryKey: ['connections', connection, 'options', list, search, JSON.stringify(known)],
    queryFn: () => loadOptions(connection, list, search, known),
    enabled: asks,
    retry: false,
  })
  const labels = new Map((options.data ?? []).map((o) => [o.value, o.label]))
  return (
    <Autocomplete
      {...rest} value={value} onChange={set} data={[...labels.keys()]} error={error ?? (asks && options.isError ? t('form.noOptions', { why: options.error.message }) : undefined)}
      filter={({ options: all }) => all} renderOption={({ option }) => <span>{labels.get(option.value) || option.value}</span>}
      onFocus={(e) => {
        setOpen(true)
        focused?.(e.currentTarget, (piece) => set(value + piece))
      }}
    />
  )
}

export function isTemplate(v: Json | undefined): boolean {
  return typeof v === 'string' && v.includes('{{')
}

function text(v: Json | undefined): string {
  return v === undefined || v === null ? '' : typeof v === 'object' ? JSON.stringify(v) : String(v)
}

/** scalar gives a text the type that the field has; a template stays a text, and so does a number too long for one. */
function scalar(v: string, kind: string): Json {
  if ((kind === 'integer' || kind === 'number') && /^-?\d+(\.\d+)?$/.test(v) && Number.isSafeInteger(Math.trunc(Number(v)))) return Number(v)
  if (kind === 'boolean' && (v === 'true' || v === 'false')) return v === 'true'
  return v
}

interface TextProps {
  label: ReactNode
  description?: ReactNode
  error?: ReactNode
  withAsterisk?: boolean
  placeholder?: string
  long?: boolean
  mono?: boolean
  /** expression says that the whole text is one; else {{ }} marks them. */
  expression?: boolean
  value: string
  set: (value: string) => void
  focused?: Focused
}

/** datum is what the data that is dragged onto a field comes as. */
export const datum = 'application/x-cordboard-datum'

/**
 * TextField shows a key at once, and lets what depends on it follow: the rest of the form, the drawing, the document. It
 * tells who has the focus, so that the data drawer knows where to insert.
 */
export function TextField({ long, mono, expression = false, set: change, focused, ...given }: TextProps) {
  const [follows, start] = useTransition()
  const [typed, setTyped] = useState('')
  const rest = { ...given, value: follows ? typed : given.value }
  const set = (text: string) => {
    setTyped(text)
    start(() => change(text))
  }
  const area = useRef<HTMLInputElement & HTMLTextAreaElement>(null)
  const help = useExpression(rest.value, set, expression, focused !== undefined, !!rest.error)
  const focus = (e: FocusEvent<HTMLInputElement | HTMLTextAreaElement>) => {
    const el = e.currentTarget
    help.focus()
    focused?.(el, (piece) => {
      const from = el.selectionStart ?? el.value.length
      set(el.value.slice(0, from) + piece + el.value.slice(el.selectionEnd ?? from))
      requestAnimationFrame(() => {
        el.focus()
        el.setSelectionRange(from + piece.length, from + piece.length)
      })
    })
  }
  // The browser drops a template itself, where the pointer is; in an expression a name stands without braces.
  const drop = (e: DragEvent<HTMLInputElement | HTMLTextAreaElement>) => {
    const path = e.dataTransfer.getData(datum)
    if (!path || !expression) return
    e.preventDefault()
    const el = e.currentTarget
    const from = el.selectionStart ?? el.value.length
    set(el.value.slice(0, from) + path + el.value.slice(el.selectionEnd ?? from))
    el.focus()
  }
  // A key beside a piece of data marks all of it, and the next one takes it away.
  const keys = (e: KeyboardEvent<HTMLInputElement | HTMLTextAreaElement>) => {
    help.input.onKeyDown?.(e)
    const { selectionStart: at, selectionEnd } = e.currentTarget
    if (e.defaultPrevented || expression || focused === undefined || at !== selectionEnd || (e.key !== 'Backspace' && e.key !== 'Delete') || e.ctrlKey || e.metaKey) return
    const p = pieces(rest.value).find((p) => (e.key === 'Backspace' ? p.to : p.from) === at)
    if (!p) return
    e.preventDefault()
    e.currentTarget.setSelectionRange(p.from, p.to)
  }
  const styles = mono || rest.value.includes('{{') ? { input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12.5 } } : undefined
  const common = { ...rest, ...help.input, ref: area, styles, onFocus: focus, onDrop: drop, onKeyDown: keys }
  return (
    <div>
      {long ? (
        <Textarea {...common} autosize minRows={2} maxRows={10} onChange={(e) => (set(e.currentTarget.value), help.typed(e.currentTarget))} />
      ) : (
        <TextInput {...common} onChange={(e) => (set(e.currentTarget.value), help.typed(e.currentTarget))} />
      )}
      {!expression && focused && <Pills value={rest.value} set={set} back={() => area.current?.focus()} />}
      {help.below(() => area.current)}
    </div>
  )
}

/** EntryFields asks for the entries of a list or a map one by one, each under the provider's name for it. */
function EntryFields({ entries, map, value, set, focused, label, description, error, withAsterisk }: Omit<TextProps, 'value' | 'set'> & { entries: Entry[]; map: boolean; value: Json | undefined; set: (v: Json | undefined) => void }) {
  return (
    <Fieldset legend={<>{label}{withAsterisk && ' *'}</>} className="stack">
      {description && <div className="dim">{description}</div>}
      {withRest(entries, map, value).map((e, i) => (
        <TextField key={e.value} label={e.label} value={text(entryOf(value, map, e.value, i))} set={(v) => set(withEntry(value, map, e.value, i, v))} focused={focused} />
      ))}
      {error && <div role="alert" style={{ color: 'var(--mantine-color-error)' }}>{error}</div>}
    </Fieldset>
  )
}

/** Lines is a list with one value a line. */
function Lines({ value, set, focused, ...rest }: Omit<TextProps, 'value' | 'set'> & { value: Json | undefined; set: (v: Json | undefined) => void }) {
  const { t } = useTranslation()
  const joined = Array.isArray(value) ? value.map(text).join('\n') : text(value)
  const [draft, setDraft] = useState<string>()
  return (
    <TextField
      {...rest}
      long
      description={[rest.description, t('form.lines')].filter(Boolean).join(' ')}
      value={draft ?? joined}
      focused={focused}
      set={(v) => {
        setDraft(v)
        const list = v.split('\n').filter((line) => line.trim() !== '')
        set(list.length > 0 ? list : undefined)
      }}
    />
  )
}

/** JsonField is for what has no simple form; it keeps what is typed until it can be read. */
export function JsonField({ value, set, ...rest }: Omit<TextProps, 'value' | 'set'> & { value: Json | undefined; set: (v: Json | undefined) => void }) {
  const { t } = useTranslation()
  const [draft, setDraft] = useState<string>()
  const [bad, setBad] = useState(false)
  return (
    <Textarea
      {...rest}
      autosize
      minRows={2}
      maxRows={14}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12.5 } }}
      error={bad ? t('form.json') : rest.error}
      value={draft ?? (value === undefined ? '' : JSON.stringify(value, null, 2))}
      onChange={(e) => {
        const typed = e.currentTarget.value
        setDraft(typed)
        try {
          const read = typed.trim() === '' ? undefined : (JSON.parse(typed) as Json)
          startTransition(() => set(read))
          setBad(false)
        } catch {
          setBad(true)
        }
      }}
    />
  )
}

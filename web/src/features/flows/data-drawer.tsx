import './data-drawer.css'
import { ActionIcon, Button, TextInput } from '@mantine/core'
import { IconChevronRight, IconX } from '@tabler/icons-react'
import { memo, useDeferredValue, useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { datum } from '../../ui/schema-fields'
import type { Samples } from './catalog'
import { found, tell, type Datum, type Source } from './data-tree'

interface Props {
  sources: Source[]
  samples: Samples
  /** insert puts a value into the field that had the focus last. */
  insert: (path: string) => void
  test: (step: string) => void
  close: () => void
  /** back gives the focus to the field again. */
  back: () => void
  /** asked counts how often the search was asked for. */
  asked: number
}

/** DataDrawer offers what a step can read, each with the value that it is tried with: click, drag or Enter inserts it. */
export const DataDrawer = memo(function DataDrawer({ sources, samples, insert, test, close, back, asked }: Props) {
  const { t } = useTranslation()
  const [filter, setFilter] = useState('')
  const wanted = useDeferredValue(filter)
  const box = useRef<HTMLElement>(null)
  const search = useRef<HTMLInputElement>(null)
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const [active, setActive] = useState('')
  useEffect(() => {
    if (asked > 0) search.current?.focus()
  }, [asked])
  const shown = sources.map((s) => ({ ...s, data: wanted ? found(s.data, wanted) : s.data })).filter((s) => s.data.length > 0)
  const turn = (path: string, on: boolean) => setOpen((now) => new Set(on ? [...now, path] : [...now].filter((p) => p !== path)))

  const rows = () => [...(box.current?.querySelectorAll<HTMLElement>('[role=treeitem]') ?? [])]
  const keys = (e: KeyboardEvent) => {
    if (e.key === 'Escape' || e.key === 'F4') back()
    else if (e.target === search.current) {
      if (e.key === 'ArrowDown') rows()[0]?.focus()
      else if (e.key === 'Enter') rows().find((r) => r.getAttribute('aria-expanded') === null)?.click()
      else return
    } else {
      const all = rows()
      const at = all.indexOf(e.target as HTMLElement)
      if (at < 0) return
      const expanded = all[at].getAttribute('aria-expanded')
      const path = all[at].dataset.path!
      const level = Number(all[at].getAttribute('aria-level'))
      if (e.key === 'ArrowDown') all[at + 1]?.focus()
      else if (e.key === 'ArrowUp') (all[at - 1] ?? search.current)?.focus()
      else if (e.key === 'Home') all[0].focus()
      else if (e.key === 'End') all.at(-1)!.focus()
      else if (e.key === 'ArrowRight') {
        if (expanded === 'false') turn(path, true)
        else if (expanded === 'true') all[at + 1]?.focus()
      } else if (e.key === 'ArrowLeft') {
        if (expanded === 'true' && !wanted) turn(path, false)
        else all.slice(0, at).findLast((r) => Number(r.getAttribute('aria-level')) < level)?.focus()
      } else if (e.key === 'Enter' || e.key === ' ') insert(path)
      else return
    }
    e.preventDefault()
    e.stopPropagation()
  }
  const first = shown[0]?.data[0]?.path
  const row = (d: Datum, level: number): React.ReactNode => {
    const deep = d.children.length > 0
    const expanded = deep && (wanted !== '' || open.has(d.path))
    return (
      <li key={d.path} role="none">
        <div
          role="treeitem" aria-level={level} aria-expanded={deep ? expanded : undefined} aria-label={`${d.label} ${d.path}`} aria-description={tell(d.value)} data-path={d.path} tabIndex={(active || first) === d.path ? 0 : -1}
          className="datum" style={{ paddingLeft: 4 + (level - 1) * 14 }} title={d.path} draggable
          onFocus={() => setActive(d.path)} onMouseDown={(e) => e.detail > 1 && e.preventDefault()} onClick={() => insert(d.path)}
          onDragStart={(e) => {
            e.dataTransfer.setData(datum, d.path)
            e.dataTransfer.setData('text/plain', `{{ ${d.path} }}`)
            e.dataTransfer.effectAllowed = 'copy'
          }}
        >
          {deep ? (
            <span
              className="turn" aria-hidden
              onClick={(e) => {
                e.stopPropagation()
                turn(d.path, !expanded)
              }}
            >
              <IconChevronRight size={14} style={{ transform: expanded ? 'rotate(90deg)' : undefined }} />
            </span>
          ) : (
            <span className="turn" />
          )}
          <span className="name">{d.label}</span>
          <span className="type">{t(`dataType.${d.type}`)}</span>
          {!deep && <span className="value">{tell(d.value)}</span>}
        </div>
        {expanded && (
          <ul role="group">
            {d.children.map((c) => row(c, level + 1))}
          </ul>
        )}
      </li>
    )
  }
  return (
    <section className="data-drawer" aria-label={t('data.title')} ref={box} onKeyDown={keys}>
      <div className="card-head">
        <h2>{t('data.title')}</h2>
        <ActionIcon variant="subtle" color="gray" onClick={close} aria-label={t('data.close')}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      <div className="data-body">
        <TextInput ref={search} aria-label={t('data.filter')} placeholder={t('data.filter')} value={filter} onChange={(e) => setFilter(e.currentTarget.value)} />
        <p className="dim">{t('data.help')}</p>
        {shown.map((s) => (
          <div key={s.title} className="source">
            <div className="spread">
              <h3>{s.title}</h3>
              {s.step &&
                (s.step in samples ? (
                  <span className="dim">{t('data.tested')}</span>
                ) : (
                  <Button size="compact-xs" variant="subtle" onClick={() => test(s.step!)}>
                    {t('steptest.testStep', { step: s.step })}
                  </Button>
                ))}
            </div>
            <ul role="tree" aria-label={s.title}>
              {s.data.map((d) => row(d, 1))}
            </ul>
          </div>
        ))}
        {shown.length === 0 && <p className="dim">{t('data.none')}</p>}
      </div>
    </section>
  )
})

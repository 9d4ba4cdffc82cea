import './editor.css'
import { ActionIcon, Button, SegmentedControl, Tooltip } from '@mantine/core'
import { IconArrowBackUp, IconArrowForwardUp, IconFlask, IconHistory, IconUpload } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { connectionList, connectorList } from '../../app/ahead'
import { useSession } from '../../app/frame'
import { flowRoute } from '../../app/router'
import { single, typing } from '../../app/shortcuts'
import { all, blank, insert, move, owner, parse, remove, type Json, type Kind, type Path } from '../../flow/document'
import { useSame } from '../../ui/latest'
import { Failed, Loaded, Notice, useTitle } from '../../ui/page'
import { AddStep } from './add-step'
import { Bench } from './bench'
import { Canvas, type Mark } from './canvas'
import type { Catalog, Samples } from './catalog'
import { OnOff } from './on-off'
import { Panel } from './panel'
import { Publish, Versions } from './publish'
import { useDraft, type Draft } from './use-draft'

const Code = lazy(async () => ({ default: (await import('../../ui/code')).Code }))

function flowOf(name: string) {
  return { queryKey: ['flows', name], queryFn: () => ask(client.GET('/api/v1/flows/{name}', { params: { path: { name } } })) }
}

export function Editor() {
  const { name } = flowRoute.useParams()
  // A draft that is open is never replaced under one's hands, so the flow is read once; saving tells of conflicts.
  const flow = useQuery({ ...flowOf(name), staleTime: Infinity, refetchOnWindowFocus: false, gcTime: 0 })
  const connectors = useQuery(connectorList)
  const connections = useQuery(connectionList)
  const catalog = useMemo((): Catalog => ({ connectors: connectors.data?.items ?? [], connections: connections.data?.items ?? [] }), [connectors.data, connections.data])
  const failed = [flow, connectors, connections].find((q) => q.isError && q.data === undefined)
  if (failed)
    return (
      <div className="page">
        <Failed error={failed.error} retry={() => void failed.refetch()} />
      </div>
    )
  return <Loaded query={flow} page>{(f) => (connectors.data && connections.data ? <Opened key={f.id} flow={f} catalog={catalog} /> : null)}</Loaded>
}

function Opened({ flow: stored, catalog }: { flow: Schemas['Flow']; catalog: Catalog }) {
  const { t } = useTranslation()
  const session = useSession()
  const readOnly = !session.may('write')
  const draft = useDraft(stored, readOnly)
  const parsed = useMemo(() => parse(draft.text), [draft.text])
  const [view, setView] = useState<'canvas' | 'yaml'>('canvas')
  const [selected, setSelected] = useState('')
  const [bench, setBench] = useState(false)
  const [adding, setAdding] = useState<{ list: Path; index: number }>()
  const [dialog, setDialog] = useState<'publish' | 'versions'>()
  const [samples, setSamples] = useState<Samples>({}) // in memory alone: they may hold what customers wrote
  const keep = useCallback((id: string, yielded: Json) => setSamples((s) => ({ ...s, [id]: yielded })), [])
  const [marks, setMarks] = useState<Map<string, Mark>>()
  const flow = parsed.flow
  useTitle(flow?.title || stored.name)

  const counted = useMemo(() => {
    const out = new Map<string, number>()
    if (flow)
      for (const p of draft.problems) {
        const id = owner(flow, p.path ?? '')
        if (id) out.set(id, (out.get(id) ?? 0) + 1)
      }
    return out
  }, [flow, draft.problems])
  const counts = useSame(counted, JSON.stringify([...counted]))

  const select = useCallback((id: string) => {
    setSelected(id)
    if (id) setBench(false)
  }, [])
  const add = useCallback((at: { list: Path; index: number }) => setAdding(at), [])
  const choose = (kind: Kind, action?: string) => {
    if (!flow || !adding) return
    const fields = blank(flow, kind, action)
    const only = action ? catalog.connections.filter((c) => c.connector === action.split('.')[0]) : []
    if (only.length === 1) fields.connection = only[0].name
    draft.edit((text) => insert(text, adding.list, adding.index, fields))
    select([...adding.list, adding.index].join('.'))
    setAdding(undefined)
  }
  const publish = async () => {
    await draft.save()
    setDialog('publish')
  }
  useKeys(draft, readOnly, {
    escape: () => setSelected(''),
    test: () => setBench(true),
    publish: () => void publish(),
    remove: () => {
      const step = flow && all(flow.steps).find((s) => s.path.join('.') === selected)
      if (!step) return
      draft.edit((text) => remove(text, step.path))
      setSelected('')
    },
    move: (by) => {
      const step = flow && all(flow.steps).find((s) => s.path.join('.') === selected)
      if (!step) return
      const moved = move(draft.text, step.path, by)
      draft.edit(moved.text)
      setSelected(moved.path.join('.'))
    },
  })

  return (
    <div className="editor">
      <header className="editor-head">
        <nav className="row" aria-label={t('frame.breadcrumbs')}>
          <Link to="/flows" className="dim">
            {t('nav.flows')}
          </Link>
          <span aria-hidden className="dim">
            /
          </span>
          <h1>{flow?.title || stored.name}</h1>
        </nav>
        <SaveState draft={draft} name={stored.name} />
        <div className="actions">
          <OnOff flow={stored} />
          <SegmentedControl
            size="xs" aria-label={t('editor.view')} value={view} onChange={(v) => setView(v as typeof view)}
            data={[{ value: 'canvas', label: t('editor.canvas') }, { value: 'yaml', label: t('editor.yaml') }]}
          />
          {!readOnly && (
            <>
              <Action label={t('editor.undo')} onClick={draft.undo} disabled={!draft.canUndo} icon={IconArrowBackUp} />
              <Action label={t('editor.redo')} onClick={draft.redo} disabled={!draft.canRedo} icon={IconArrowForwardUp} />
            </>
          )}
          <Action label={t('versions.title')} onClick={() => setDialog('versions')} icon={IconHistory} />
          <Button
            variant="default" leftSection={<IconFlask size={16} />}
            onClick={() => {
              setSelected('')
              setBench((b) => !b)
            }}
            aria-pressed={bench}
          >
            {t('editor.test')}
          </Button>
          {!readOnly && (
            <Button leftSection={<IconUpload size={16} />} onClick={() => void publish()} disabled={draft.problems.length > 0}>
              {t('publish.open')}
            </Button>
          )}
        </div>
      </header>
      {draft.saved === 'conflict' && <Conflict draft={draft} name={stored.name} />}
      <div className="editor-body">
        <div className="editor-main">
          {view === 'yaml' ? (
            <Suspense>
              <Code label={t('editor.yaml')} text={draft.text} edit={draft.edit} readOnly={readOnly} problems={draft.problems} warnings={draft.warnings} />
            </Suspense>
          ) : flow ? (
            <Canvas flow={flow} catalog={catalog} selected={selected} select={select} add={readOnly ? undefined : add} problems={counts} marks={bench ? marks : undefined} />
          ) : (
            <div className="page">
              <Notice tone="warning">{t('editor.noFlow', { error: parsed.error ?? '' })}</Notice>
            </div>
          )}
          <Problems
            problems={draft.problems}
            warnings={draft.warnings}
            go={(p) => {
              const id = flow && owner(flow, p.path ?? '')
              if (id && view === 'canvas') select(id)
              else setView('yaml')
            }}
          />
        </div>
        {bench && flow ? (
          <Bench text={draft.text} flow={flow} catalog={catalog} close={() => setBench(false)} mark={setMarks} />
        ) : (
          selected && flow && <Panel text={draft.text} edit={draft.edit} flow={flow} catalog={catalog} selected={selected} select={select} problems={draft.problems} warnings={draft.warnings} readOnly={readOnly} close={() => setSelected('')} samples={samples} keep={keep} />
        )}
      </div>
      <AddStep opened={adding !== undefined} close={() => setAdding(undefined)} catalog={catalog} choose={choose} />
      {dialog === 'publish' && (
        <Publish
          name={stored.name} text={draft.text} close={() => setDialog(undefined)}
          done={async () => draft.load(await ask(client.GET('/api/v1/flows/{name}', { params: { path: { name: stored.name } } })))}
        />
      )}
      {dialog === 'versions' && (
        <Versions
          name={stored.name} text={draft.text} close={() => setDialog(undefined)}
          restore={
            readOnly
              ? undefined
              : (v) => {
                  draft.edit(v.source)
                  setDialog(undefined)
                }
          }
        />
      )}
    </div>
  )
}

function Action({ label, icon: Icon, ...rest }: { label: string; icon: typeof IconHistory; onClick: () => void; disabled?: boolean }) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" size={32} aria-label={label} {...rest}>
        <Icon size={16} />
      </ActionIcon>
    </Tooltip>
  )
}

/** SaveState says exactly one thing about the draft, and only what is known. */
function SaveState({ draft, name }: { draft: Draft; name: string }) {
  const { t, i18n } = useTranslation()
  const at = new Intl.DateTimeFormat(i18n.language, { timeStyle: 'short' }).format(new Date(draft.savedAt))
  return (
    <span className="saved" role="status" data-saved={draft.saved} data-flow={name}>
      {draft.saved === 'failed' ? (
        <>
          {t('saved.failed')}{' '}
          <Button size="compact-xs" variant="default" onClick={() => void draft.save()}>
            {t('do.retry')}
          </Button>
        </>
      ) : (
        t(`saved.${draft.saved}`, { at })
      )}
    </span>
  )
}

/** Conflict lets one choose between two drafts; nothing is overwritten unasked. */
function Conflict({ draft, name }: { draft: Draft; name: string }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const theirs = useQuery({ ...flowOf(name), queryKey: ['flows', name, 'theirs'], gcTime: 0 })
  return (
    <div style={{ padding: 12 }} className="stack">
      <Notice
        tone="warning"
        action={
          theirs.data && (
            <div className="row">
              <Button size="compact-sm" variant="default" onClick={() => draft.load(theirs.data)}>
                {t('conflict.theirs')}
              </Button>
              <Button
                size="compact-sm" variant="default"
                onClick={() => {
                  void draft.overwrite(theirs.data.revision)
                  void queryClient.removeQueries({ queryKey: ['flows', name, 'theirs'] })
                }}
              >
                {t('conflict.mine')}
              </Button>
            </div>
          )
        }
      >
        {t('conflict.text')}
      </Notice>
      {theirs.data && (
        <Suspense>
          <Diff label={t('conflict.text')} before={theirs.data.source ?? ''} after={draft.text} />
        </Suspense>
      )}
    </div>
  )
}

const Diff = lazy(async () => ({ default: (await import('../../ui/code')).Diff }))

function Problems({ problems, warnings, go }: { problems: Schemas['Detail'][]; warnings: Schemas['Detail'][]; go: (p: Schemas['Detail']) => void }) {
  const { t } = useTranslation()
  return (
    <details className="problems">
      <summary>
        {problems.length === 0 && warnings.length === 0 && <span className="dim">{t('editor.noProblems')}</span>}
        {problems.length > 0 && <span className="status tone-failed">{t('editor.problems', { count: problems.length })}</span>}
        {warnings.length > 0 && <span className="status tone-warning">{t('editor.warnings', { count: warnings.length })}</span>}
      </summary>
      <ul>
        {[...problems, ...warnings].map((p, i) => (
          <li key={i}>
            <button type="button" onClick={() => go(p)}>
              {i >= problems.length && <span className="dim">{t('editor.warning')} </span>}
              <span className="mono dim">{p.line ? `${p.line}:${p.column} ` : ''}{p.path} </span>
              {p.message}
              {p.remedy && <span className="dim"> – {p.remedy}</span>}
            </button>
          </li>
        ))}
      </ul>
    </details>
  )
}

interface Keys {
  escape: () => void
  test: () => void
  publish: () => void
  remove: () => void
  move: (by: -1 | 1) => void
}

/** useKeys are the editor's keys; single letters count outside of fields only. */
function useKeys(draft: Draft, readOnly: boolean, on: Keys) {
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      const command = e.ctrlKey || e.metaKey
      const inCode = (e.target as HTMLElement).closest?.('.cm-editor')
      if (command && e.key === 's') {
        e.preventDefault()
        void draft.save()
      } else if (command && e.key === 'Enter' && !readOnly && draft.problems.length === 0) on.publish()
      else if (command && e.key.toLowerCase() === 'z' && !readOnly && !typing(e) && !inCode) {
        e.preventDefault()
        if (e.shiftKey) draft.redo()
        else draft.undo()
      } else if (typing(e) || command || document.querySelector('[role=dialog]')) return
      else if (e.altKey && (e.key === 'ArrowUp' || e.key === 'ArrowDown') && !readOnly) {
        e.preventDefault()
        on.move(e.key === 'ArrowUp' ? -1 : 1)
      } else if (e.key === 'Delete' && !readOnly) on.remove()
      else if (e.key === 't' && single(e)) on.test()
      else if (e.key === 'Escape') on.escape()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  })
}

import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { ask, client, Failure, type Schemas } from '../../api/client'

export type Saved = 'saved' | 'saving' | 'unsaved' | 'failed' | 'conflict'

interface History {
  past: string[]
  text: string
  future: string[]
}

type Act = { do: 'edit'; text: string } | { do: 'undo' } | { do: 'redo' } | { do: 'load'; text: string }

const steps = 200

export function history(h: History, act: Act): History {
  switch (act.do) {
    case 'edit':
      return act.text === h.text ? h : { past: [...h.past, h.text].slice(-steps), text: act.text, future: [] }
    case 'undo':
      return h.past.length === 0 ? h : { past: h.past.slice(0, -1), text: h.past.at(-1)!, future: [h.text, ...h.future] }
    case 'redo':
      return h.future.length === 0 ? h : { past: [...h.past, h.text], text: h.future[0], future: h.future.slice(1) }
    case 'load':
      return { past: [], text: act.text, future: [] }
  }
}

/** Change is a new text, or what makes one of the text as it is when it is made. */
export type Change = string | ((text: string) => string)

export interface Draft {
  text: string
  edit: (change: Change) => void
  undo: () => void
  redo: () => void
  canUndo: boolean
  canRedo: boolean
  saved: Saved
  savedAt: string
  problems: Schemas['Detail'][]
  warnings: Schemas['Detail'][] // they keep nothing from being published
  /** save stores the draft now and resolves when it is stored. */
  save: () => Promise<void>
  /** load puts the gateway's flow in the place of what is here. */
  load: (flow: Schemas['Flow']) => void
  /** overwrite saves what is here over what somebody else has saved. */
  overwrite: (revision: number) => Promise<void>
}

/** useDraft keeps the text of a flow's draft, with undo, and saves it soon after each change. */
export function useDraft(flow: Schemas['Flow'], readOnly: boolean): Draft {
  const queryClient = useQueryClient()
  const [h, show] = useState<History>({ past: [], text: flow.source ?? '', future: [] })
  // What is typed is drawn at leisure (TextField), but it counts at once: for the next change, and for what is saved.
  const now = useRef(h)
  const dispatch = useCallback((act: Act) => {
    now.current = history(now.current, act)
    show(now.current)
  }, [])
  const [saved, setSaved] = useState<Saved>('saved')
  const [passing, setPassing] = useState(false) // what kept it from being saved may be over soon
  const [savedAt, setSavedAt] = useState(flow.updated_at)
  const [problems, setProblems] = useState<Schemas['Detail'][]>([])
  const [warnings, setWarnings] = useState<Schemas['Detail'][]>([])
  const revision = useRef(flow.revision)
  const stored = useRef(flow.source ?? '')
  const busy = useRef<Promise<void> | undefined>(undefined)

  const save = useCallback(async () => {
    await busy.current
    const { text } = now.current
    if (readOnly || text === stored.current) return
    setSaved('saving')
    busy.current = (async () => {
      try {
        const draft = await ask(
          client.PUT('/api/v1/flows/{name}/draft', {
            params: { path: { name: flow.name }, query: { revision: revision.current } },
            body: text as never,
            bodySerializer: (body) => body as never,
            headers: { 'Content-Type': 'application/yaml' },
          }),
        )
        revision.current = draft.revision
        stored.current = text
        setProblems(draft.problems ?? [])
        setWarnings(draft.warnings ?? [])
        setSavedAt(draft.saved_at)
        setSaved(now.current.text === text ? 'saved' : 'unsaved')
        void queryClient.invalidateQueries({ queryKey: ['flows'], exact: true })
      } catch (error) {
        setSaved(error instanceof Failure && error.status === 409 ? 'conflict' : 'failed')
        setPassing(!(error instanceof Failure) || error.status >= 500 || error.status === 401 || error.status === 429)
      } finally {
        busy.current = undefined
      }
    })()
    await busy.current
  }, [flow.name, queryClient, readOnly])

  // What the draft lacks is known from the start, not only after the first change.
  useEffect(() => {
    void client
      .PUT('/api/v1/flows/{name}', {
        params: { path: { name: flow.name }, query: { dry_run: true } },
        body: (flow.source ?? '') as never,
        bodySerializer: (body) => body as never,
        headers: { 'Content-Type': 'application/yaml' },
      })
      .then(({ data, error }) => {
        setProblems((error as Schemas['Problem'] | undefined)?.errors ?? [])
        setWarnings(data?.warnings ?? [])
      })
      .catch(() => undefined) // the next save says it again
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [])

  useEffect(() => {
    if (readOnly) return
    if (h.text === stored.current) {
      setSaved((s) => (s === 'unsaved' ? 'saved' : s)) // undone before it was saved
      return
    }
    setSaved((s) => (s === 'conflict' ? s : 'unsaved'))
    const timer = setTimeout(() => void save(), 800)
    return () => clearTimeout(timer)
  }, [h.text, readOnly, save])

  // The gateway was away, or the session over: what is here is saved as soon as that is possible.
  useEffect(() => {
    if (saved !== 'failed' || !passing) return
    const timer = setTimeout(() => void save(), 3_000)
    return () => clearTimeout(timer)
  }, [saved, passing, save])

  useEffect(() => {
    const stay = (e: BeforeUnloadEvent) => {
      if (now.current.text !== stored.current) e.preventDefault()
    }
    addEventListener('beforeunload', stay)
    return () => removeEventListener('beforeunload', stay)
  }, [])

  const load = useCallback((f: Schemas['Flow']) => {
    revision.current = f.revision
    stored.current = f.source ?? ''
    dispatch({ do: 'load', text: f.source ?? '' })
    setSavedAt(f.updated_at)
    setSaved('saved')
  }, [dispatch])

  const edit = useCallback((change: Change) => dispatch({ do: 'edit', text: typeof change === 'string' ? change : change(now.current.text) }), [dispatch])

  return {
    text: h.text,
    edit,
    undo: () => dispatch({ do: 'undo' }),
    redo: () => dispatch({ do: 'redo' }),
    canUndo: h.past.length > 0,
    canRedo: h.future.length > 0,
    saved,
    savedAt,
    problems,
    warnings,
    save,
    load,
    overwrite: async (r) => {
      revision.current = r
      await save()
    },
  }
}

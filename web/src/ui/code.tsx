import { yaml } from '@codemirror/lang-yaml'
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint'
import { unifiedMergeView } from '@codemirror/merge'
import { EditorState, type Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { basicSetup } from 'codemirror'
import { useEffect, useRef } from 'react'
import type { Schemas } from '../api/client'
import { nonce } from '../app/theme'

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)' },
  { tag: [tags.string, tags.content], color: 'var(--text)' },
  { tag: tags.comment, color: 'var(--text-3)', fontStyle: 'italic' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--waiting)' },
  { tag: [tags.punctuation, tags.separator], color: 'var(--text-2)' },
])

function base(label: string): Extension[] {
  return [basicSetup, yaml(), syntaxHighlighting(colours), EditorView.lineWrapping, EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' /* not every browser lets the keyboard into a text that scrolls */ }), EditorView.cspNonce.of(nonce())]
}

interface CodeProps {
  label: string
  text: string
  edit: (text: string) => void
  readOnly: boolean
  problems: Schemas['Detail'][]
  warnings: Schemas['Detail'][]
}

/** Code is the text of a document, with its problems at their lines. */
export function Code({ label, text, edit, readOnly, problems, warnings }: CodeProps) {
  const box = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | null>(null)
  const changed = useRef(edit)
  changed.current = edit
  useEffect(() => {
    const listen = EditorView.updateListener.of((u) => {
      if (u.docChanged && u.transactions.some((tr) => tr.isUserEvent('input') || tr.isUserEvent('delete') || tr.isUserEvent('undo') || tr.isUserEvent('redo') || tr.isUserEvent('move'))) changed.current(u.state.doc.toString())
    })
    const editor = new EditorView({
      parent: box.current!,
      state: EditorState.create({ doc: text, extensions: [...base(label), lintGutter(), listen, EditorState.readOnly.of(readOnly)] }),
    })
    view.current = editor
    return () => editor.destroy()
    // The editor is made once; what changes later is given to it below.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [label, readOnly])
  useEffect(() => {
    const editor = view.current
    if (editor && editor.state.doc.toString() !== text) editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } })
  }, [text])
  useEffect(() => {
    const editor = view.current
    if (!editor) return
    const found = [...problems, ...warnings].flatMap((p, i): Diagnostic[] => {
      if (!p.line || p.line > editor.state.doc.lines) return []
      const line = editor.state.doc.line(p.line)
      return [{ from: Math.min(line.from + Math.max(0, (p.column ?? 1) - 1), line.to), to: line.to, severity: i < problems.length ? 'error' : 'warning', message: p.remedy ? `${p.message}; ${p.remedy}` : p.message }]
    })
    editor.dispatch(setDiagnostics(editor.state, found))
  }, [problems, warnings, text])
  return <div className="code" ref={box} />
}

/** Diff shows how a text differs from an older one. */
export function Diff({ label, before, after }: { label: string; before: string; after: string }) {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const editor = new EditorView({
      parent: box.current!,
      state: EditorState.create({
        doc: after,
        extensions: [...base(label), EditorState.readOnly.of(true), EditorView.editable.of(false), unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: { margin: 3 } })],
      }),
    })
    return () => editor.destroy()
  }, [label, before, after])
  return <div className="code" ref={box} style={{ maxHeight: '50vh', border: '1px solid var(--border)', borderRadius: 8 }} />
}

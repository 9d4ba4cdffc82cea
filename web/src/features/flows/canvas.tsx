import '@xyflow/react/dist/base.css'
import './canvas.css'
import {
  BaseEdge, Controls, EdgeLabelRenderer, getSmoothStepPath, getViewportForBounds, Handle, MiniMap, Position, ReactFlow, type EdgeProps, type NodeProps, type ReactFlowInstance,
} from '@xyflow/react'
import {
  IconAlertTriangle, IconArrowBackUp, IconArrowsSplit, IconArrowsSplit2, IconBolt, IconClockHour4, IconFlag, IconHandStop, IconListDetails, IconMessageQuestion, IconPlayerStop, IconPlayerTrackNext, IconPlug, IconPlus, IconQuestionMark, IconRepeat, IconSpeakerphone, IconUserEdit, IconVariable, IconWorldUpload,
} from '@tabler/icons-react'
import { memo, useEffect, useMemo, useRef, type KeyboardEvent, type RefObject } from 'react'
import { useTranslation } from 'react-i18next'
import type { Flow, Path, Step } from '../../flow/document'
import { graph, neighbour, type Edge, type Graph, type Node } from '../../flow/graph'
import { useSame } from '../../ui/latest'
import { action, ownTriggers, trigger, type Catalog } from './catalog'

/** Mark is how a node looks while a run is shown on the canvas. */
export type Mark = 'passed' | 'here' | 'broke'

interface Props {
  flow: Flow
  catalog: Catalog
  selected: string
  select: (id: string) => void
  add?: (at: { list: Path; index: number }) => void
  problems: Map<string, number> // by node
  marks?: Map<string, Mark>
}

const icons = {
  do: IconPlug, http: IconWorldUpload, for_each: IconListDetails, repeat: IconRepeat, respond: IconArrowBackUp, if: IconArrowsSplit2, switch: IconArrowsSplit, customer_response: IconMessageQuestion, delay: IconClockHour4, set: IconVariable, contact: IconUserEdit, emit: IconSpeakerphone, start_flow: IconPlayerTrackNext, end_runs: IconPlayerStop, fail: IconHandStop, stop: IconFlag,
}

interface NodeData extends Record<string, unknown> {
  node: Node
  title: string
  sub: string
  name: string
  selected: boolean
  problems: number
  mark?: Mark
  select: (id: string) => void
  walk: (e: KeyboardEvent, id: string) => void
}

function Card({ data: d }: NodeProps & { data: NodeData }) {
  const kind = d.node.step?.kind
  const Icon = d.node.type === 'trigger' ? IconBolt : kind ? icons[kind] : IconQuestionMark
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <button
        type="button"
        className={['node', 'nodrag', 'nopan', `kind-${kind ?? d.node.type}`, d.selected && 'selected', d.problems > 0 && 'wrong', d.mark].filter(Boolean).join(' ')}
        aria-pressed={d.selected}
        aria-label={d.name}
        data-node={d.node.id}
        onClick={() => d.select(d.node.id)}
        onKeyDown={(e) => d.walk(e, d.node.id)}
      >
        <span className="icon">
          <Icon size={20} stroke={1.75} aria-hidden />
        </span>
        <span className="grow">
          <span className="title" style={{ display: 'block' }}>
            {d.title}
          </span>
          <span className="sub" style={{ display: 'block' }}>
            {d.sub}
          </span>
        </span>
        {d.problems > 0 && (
          <span className="status tone-failed count">
            <IconAlertTriangle size={14} aria-hidden />
            {d.problems}
          </span>
        )}
      </button>
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </>
  )
}

function Join() {
  return (
    <div className="node-join">
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  )
}

/** Again is where a loop goes back to its beginning, or on. */
function Again() {
  const { t } = useTranslation()
  return (
    <div className="node-again" title={t('canvas.again')}>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <IconRepeat size={16} stroke={1.75} aria-label={t('canvas.again')} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  )
}

/** Pass leads through an empty branch: a piece of the line and nothing else. */
function Pass() {
  return (
    <div className="node-pass">
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  )
}

function End() {
  const { t } = useTranslation()
  return (
    <div className="node-end">
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <span>{t('canvas.end')}</span>
    </div>
  )
}

const tones: Record<string, string> = { default: 'ok', then: 'ok', no_response: 'warning', else: 'neutral', invalid: 'warning', undelivered: 'failed', on_error: 'failed' }

interface EdgeData extends Record<string, unknown> {
  edge: Edge
  add?: Props['add']
}

function Way(p: EdgeProps & { data?: EdgeData }) {
  const { t } = useTranslation()
  const { edge, add } = p.data!
  // Branches leave their step at one height and come together at one height, so that lines lie on each other.
  const bend = edge.branch || edge.source.startsWith('join:') || p.sourceX === p.targetX ? p.sourceY + 20 : p.targetY - 16
  const [path] = getSmoothStepPath({ ...p, borderRadius: 10, centerY: bend })
  const label = edge.branch && t(`branch.${edge.branch}`, { defaultValue: edge.branch })
  const lx = edge.branch ? p.targetX : p.sourceX
  const ly = edge.branch ? p.targetY - 34 : p.sourceY + 28
  return (
    <>
      <BaseEdge path={path} />
      <EdgeLabelRenderer>
        <div className="edge-label nodrag nopan" style={{ transform: `translate(-50%, -50%) translate(${lx}px, ${ly}px)` }}>
          {label && <span className={`pill tone-${tones[edge.branch!] ?? 'neutral'}`}>{label}</span>}
          {add && edge.insert && (
            <button type="button" className="plus" onClick={() => add(edge.insert!)} aria-label={label ? t('canvas.addTo', { branch: label }) : t('canvas.add')} data-insert={[...edge.insert.list, edge.insert.index].join('.')}>
              <IconPlus size={14} aria-hidden />
            </button>
          )}
        </div>
      </EdgeLabelRenderer>
    </>
  )
}

const nodeTypes = { trigger: Card, step: Card, join: Join, again: Again, pass: Pass, end: End }
const edgeTypes = { way: Way }

export const Canvas = memo(function Canvas({ flow, catalog, selected, select, add, problems, marks }: Props) {
  const { t } = useTranslation()
  const laidOut = useMemo(() => graph(flow), [flow])
  // What is typed into a form seldom changes the drawing, which is then left alone.
  const g = useSame(laidOut, JSON.stringify([laidOut.nodes.map(({ step, ...n }) => [n, step?.kind]), laidOut.edges]))
  const view = useRef<ReactFlowInstance | null>(null)
  const describe = useDescribe(catalog)
  const names = useMemo(() => describe.names(flow), [describe, flow])

  // A node out of view is not drawn in a large flow, so the view goes there first.
  const reach = useRef((_: string) => {})
  useEffect(() => {
    reach.current = (id) => {
      const drawn = () => document.querySelector<HTMLElement>(`[data-node="${id}"]`)
      const n = g.nodes.find((n) => n.id === id)
      if (drawn() || !n || !view.current) return drawn()?.focus()
      void view.current.setCenter(n.x + n.width / 2, n.y + n.height / 2, { zoom: view.current.getZoom() })
      const wait = (frames: number) => requestAnimationFrame(() => (drawn() || frames === 0 ? drawn()?.focus() : wait(frames - 1)))
      wait(30)
    }
  }, [g])

  const fresh = useMemo(() => {
    const g = laidOut
    const steps = g.nodes.filter((n) => n.type === 'step' || n.type === 'trigger')
    return g.nodes.map((n) => {
      const count = problems.get(n.id) ?? 0
      const { title, sub } = n.type === 'trigger' ? describe.trigger(flow) : n.step ? describe.step(n.step) : { title: '', sub: '' }
      const data: NodeData = {
        node: n, title, sub, selected: n.id === selected, problems: count, mark: marks?.get(n.id), select,
        name: [t('canvas.node', { n: steps.indexOf(n) + 1, of: steps.length, title: names.get(n.id) ?? title }), count > 0 ? t('canvas.problems', { count }) : ''].filter(Boolean).join(', '),
        walk: (e, id) => {
          if (!e.key.startsWith('Arrow') || e.altKey) return
          const to = neighbour(g, id, e.key as Parameters<typeof neighbour>[2])
          e.preventDefault()
          if (to) reach.current(to)
        },
      }
      return { id: n.id, type: n.type, position: { x: n.x, y: n.y }, width: n.width, height: n.height, handles: ends(n), data, draggable: false, selectable: false, focusable: false }
    })
  }, [laidOut, problems, describe, flow, selected, marks, select, t, names])
  const nodes = useSame(
    fresh,
    JSON.stringify(fresh.map(({ id, position, width, height, data: d }) => [id, position, width, height, d.title, d.sub, d.name, d.selected, d.problems, d.mark, d.node.step?.kind])),
  )

  const edges = useMemo(
    () => g.edges.map((e) => ({ id: e.id, source: e.source, target: e.target, type: 'way', focusable: false, data: { edge: e, add } })),
    [g, add],
  )

  // The layout knows where everything is, so the view is computed from it and from the size of the box:
  // what the library has measured so far does not matter.
  const box = useRef<HTMLDivElement>(null)
  const fit = useRef(() => {})
  useEffect(() => {
    fit.current = () => {
      const { clientWidth: w, clientHeight: h } = box.current ?? { clientWidth: 0, clientHeight: 0 }
      if (w === 0 || h === 0) return
      const whole = getViewportForBounds(bounds(g), w, h, 0.2, 1, 0.12)
      const first = g.nodes[0]
      // What could not be read as a whole begins at its top.
      if (whole.zoom < legible && first) void view.current?.setViewport({ zoom: 2 * legible, x: w / 2 - 2 * legible * (first.x + first.width / 2), y: 24 - 2 * legible * first.y })
      else void view.current?.setViewport(whole)
    }
  }, [g])

  // A longer flow is shown whole again; while a form is filled in, the view stays where it is.
  const size = g.nodes.length
  useEffect(() => fit.current(), [size])

  // The same when the box gets its size, or a panel opens beside it.
  useEffect(() => {
    let width = 0
    const watch = new ResizeObserver(([entry]) => {
      if (Math.abs(entry.contentRect.width - width) > 100) fit.current()
      width = entry.contentRect.width
    })
    if (box.current) watch.observe(box.current)
    return () => watch.disconnect()
  }, [])

  return (
    <div className="canvas" role="region" aria-label={t('canvas.label')} ref={box}>
      <Drawing nodes={nodes} edges={edges} view={view} fit={fit} />
    </div>
  )
})

interface Drawn {
  nodes: { id: string }[]
  edges: { id: string; source: string; target: string }[]
  view: RefObject<ReactFlowInstance | null>
  fit: RefObject<() => void>
}

const Drawing = memo(function Drawing({ nodes, edges, view, fit }: Drawn) {
  const { t } = useTranslation()
  const size = nodes.length
  return (
    <ReactFlow
      nodes={nodes as never}
      edges={edges as never}
      nodeTypes={nodeTypes as never}
      edgeTypes={edgeTypes as never}
      onInit={(instance) => {
        view.current = instance as never
        fit.current()
      }}
      minZoom={0.2}
      maxZoom={2}
      nodesConnectable={false}
      nodesDraggable={false}
      elementsSelectable={false}
      deleteKeyCode={null}
      proOptions={{ hideAttribution: false }}
      panOnScroll
      onlyRenderVisibleElements={size > large}
    >
      <Controls showInteractive={false} aria-label={t('canvas.zoom')} />
      {size > 15 && <MiniMap pannable zoomable ariaLabel={t('canvas.map')} nodeColor="var(--border-strong)" bgColor="var(--surface)" maskColor="transparent" />}
    </ReactFlow>
  )
})

/** A flow with more nodes than that is drawn only where one looks. */
const large = 120

/** Below this zoom nothing can be read. */
const legible = 0.3

// The ends of a node's lines, told rather than measured: a node made anew would lose what was measured, and its lines.
function ends(n: Node) {
  const at = { x: n.width / 2, width: 0, height: 0 }
  return [
    { type: 'target' as const, position: Position.Top, y: 0, ...at },
    { type: 'source' as const, position: Position.Bottom, y: n.height, ...at },
  ]
}

function bounds(g: Graph) {
  const left = Math.min(...g.nodes.map((n) => n.x))
  const top = Math.min(...g.nodes.map((n) => n.y))
  const right = Math.max(...g.nodes.map((n) => n.x + n.width))
  const bottom = Math.max(...g.nodes.map((n) => n.y + n.height))
  return { x: left, y: top, width: right - left, height: bottom - top }
}

/** useDescribe says in a person's words what a trigger or a step is. */
export function useDescribe(catalog: Catalog) {
  const { t } = useTranslation()
  return useMemo(() => {
    const describeStep = (s: Step): { title: string; sub: string } => {
      const f = s.fields
      switch (s.kind) {
        case 'do': {
          const a = action(catalog, String(f.do ?? ''))
          return { title: a?.title ?? String(f.do || t('kind.do')), sub: [s.id, f.connection].filter(Boolean).join(' · ') }
        }
        case 'customer_response': {
          const within = (f.customer_response as { within?: unknown } | null)?.within
          return { title: t('kind.customer_response'), sub: [s.id, typeof within === 'string' ? t('canvas.within', { within }) : ''].filter(Boolean).join(' · ') }
        }
        case 'delay': {
          const d = f.delay as { for?: unknown; until?: unknown; next?: unknown; at?: unknown } | null
          const next = d?.next ? `${[d.next].flat().map((day) => t(`calendars.${String(day)}` as never)).join(', ')} ${String(d.at ?? '09:00')}` : ''
          return { title: t('kind.delay'), sub: [s.id, String(d?.for ?? d?.until ?? next)].filter(Boolean).join(' · ') }
        }
        case 'http': {
          const h = f.http as { method?: unknown; url?: unknown } | null
          return { title: t('kind.http'), sub: [s.id, `${String(h?.method ?? 'GET')} ${String(h?.url ?? '')}`].join(' · ') }
        }
        case 'for_each':
        case 'repeat': {
          const l = f[s.kind] as { in?: unknown; max?: unknown } | null
          return { title: t(`kind.${s.kind}`), sub: [s.id, l?.in, l?.max && t('canvas.atMost', { n: String(l.max) })].filter(Boolean).join(' · ') }
        }
        case 'emit':
          return { title: t('kind.emit'), sub: [s.id, (f.emit as { event?: unknown } | null)?.event].filter(Boolean).join(' · ') }
        case 'start_flow':
          return { title: t('kind.start_flow'), sub: [s.id, (f.start_flow as { flow?: unknown } | null)?.flow].filter(Boolean).join(' · ') }
        case 'if':
          return { title: t('kind.if'), sub: [s.id, String(f.if ?? '')].filter(Boolean).join(' · ') }
        case undefined:
          return { title: t('kind.unknown'), sub: s.id }
      }
      return { title: t(`kind.${s.kind}`), sub: s.id }
    }
    return {
      step: describeStep,
      trigger: (flow: Flow) => {
        const on = String(flow.trigger.on ?? '')
        return {
          title: ownTriggers.includes(on as never) ? t(`trigger.${on.replace('.', '_')}` as never) : on.startsWith('custom.') ? t('trigger.customNamed', { name: on.slice(7) }) : (trigger(catalog, on)?.title ?? (on || t('trigger.none'))),
          sub: [t('trigger.label'), flow.trigger.connection].filter(Boolean).join(' · '),
        }
      },
      names: (flow: Flow) => {
        const names = new Map<string, string>()
        const walk = (list: Step[]) => {
          for (const s of list) {
            const d = describeStep(s)
            names.set(s.path.join('.'), `${d.title}, ${s.id}`)
            for (const b of s.branches) walk(b.steps)
          }
        }
        walk(flow.steps)
        return names
      },
    }
  }, [catalog, t])
}

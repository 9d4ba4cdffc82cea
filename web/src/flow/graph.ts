/**
 * The flow as a graph that lays itself out: positions are computed and never stored. A flow is a tree of sequences, so
 * each branch gets a column of its own, in the order of the document, and no way crosses another.
 */
import type { Flow, Path, Step } from './document'

export const nodeWidth = 264
export const nodeHeight = 68
const joinSize = 12
const againSize = 28
const endHeight = 32
const columnGap = 40
const emptyWidth = 168 // of a branch without steps: room for its label
const rowGap = 56 // between two nodes: room for the button that adds a step
const branchGap = 88 // above a branch: room for its label too

export interface Node {
  id: string // the step's path joined by dots; trigger; end; join:<path> or pass:<path>
  type: 'trigger' | 'step' | 'join' | 'again' | 'pass' | 'end' // a pass leads through an empty branch; again is where a loop goes back
  step?: Step
  x: number
  y: number
  width: number
  height: number
}

export interface Edge {
  id: string
  source: string
  target: string
  branch?: string // its name, on the first edge of a branch
  insert?: { list: Path; index: number } // where a step that is added on this edge goes
}

export interface Graph {
  nodes: Node[]
  edges: Edge[]
}

/** Loose is an edge whose target is not known yet. */
type Loose = Omit<Edge, 'id' | 'target'>

/** Block is a part of the flow with its size, placed around a middle line and below a top. */
interface Block {
  width: number
  height: number
  place: (middle: number, top: number) => void
}

export function graph(flow: Flow): Graph {
  const nodes: Node[] = []
  const edges: Edge[] = []

  const node = (id: string, type: Node['type'], width: number, height: number, step?: Step): Block => {
    const n: Node = { id, type, step, x: 0, y: 0, width, height }
    nodes.push(n)
    return {
      width,
      height,
      place: (middle, top) => {
        n.x = middle - width / 2
        n.y = top
      },
    }
  }
  const connect = (loose: Loose[], target: string) => {
    for (const e of loose) edges.push({ ...e, id: `${e.source}>${target}${e.branch ? `:${e.branch}` : ''}`, target })
  }

  /** sequence adds a list of steps and returns its block and the ways out of it. */
  const sequence = (list: Step[], path: Path, ways: Loose[]): { block: Block; ways: Loose[] } => {
    const blocks = list.map((step, i) => {
      const one = single(step, ways, { list: path, index: i + 1 })
      ways = one.ways
      return one.block
    })
    return { block: stack(blocks, rowGap), ways }
  }

  const single = (step: Step, ways: Loose[], next: Edge['insert']): { block: Block; ways: Loose[] } => {
    const id = step.path.join('.')
    const card = node(id, 'step', nodeWidth, nodeHeight, step)
    connect(ways, id)
    if (step.kind === 'stop' || step.kind === 'fail') return { block: card, ways: [] }
    if (step.branches.length === 0) return { block: card, ways: [{ source: id, insert: next }] }

    const columns: Block[] = []
    const out: Loose[] = []
    // A step whose only branch is for errors goes on beside it.
    if (step.kind === 'do' || step.kind === 'http') {
      const pass = node(`pass:${id}`, 'pass', 1, 1)
      connect([{ source: id }], `pass:${id}`)
      columns.push({ ...pass, width: nodeWidth })
      out.push({ source: `pass:${id}` })
    }
    for (const b of step.branches) {
      const first: Loose = { source: id, branch: b.name, insert: { list: b.path, index: 0 } }
      if (b.steps.length > 0) {
        const inner = sequence(b.steps, b.path, [first])
        columns.push(inner.block)
        out.push(...inner.ways)
        continue
      }
      const at = `pass:${b.path.join('.')}`
      const pass = node(at, 'pass', 1, 1)
      connect([first], at)
      columns.push({ ...pass, width: emptyWidth })
      out.push({ source: at })
    }
    const branches = stack([card, beside(columns)], branchGap)
    const loop = step.kind === 'for_each' || step.kind === 'repeat'
    if (loop && out.length === 0) out.push({ source: id }) // there may be no iteration
    if (out.length === 0) return { block: branches, ways: [] }
    const join = node(`join:${id}`, loop ? 'again' : 'join', loop ? againSize : joinSize, loop ? againSize : joinSize)
    connect(out, `join:${id}`)
    return { block: stack([branches, join], rowGap), ways: [{ source: `join:${id}`, insert: next }] }
  }

  const start = node('trigger', 'trigger', nodeWidth, nodeHeight)
  const body = sequence(flow.steps, ['steps'], [{ source: 'trigger', insert: { list: ['steps'], index: 0 } }])
  const blocks = [start, body.block]
  if (body.ways.length > 0) {
    blocks.push(node('end', 'end', nodeWidth, endHeight))
    connect(body.ways, 'end')
  }
  stack(blocks, rowGap).place(0, 0)
  return { nodes, edges }
}

/** stack puts blocks below each other, on one middle line. */
function stack(all: Block[], gap: number): Block {
  const blocks = all.filter((b) => b.height > 0)
  return {
    width: Math.max(0, ...blocks.map((b) => b.width)),
    height: blocks.reduce((sum, b) => sum + b.height + gap, blocks.length > 0 ? -gap : 0),
    place: (middle, top) => {
      for (const b of blocks) {
        b.place(middle, top)
        top += b.height + gap
      }
    },
  }
}

/** beside puts blocks next to each other, with one top. */
function beside(blocks: Block[]): Block {
  const width = blocks.reduce((sum, b) => sum + b.width + columnGap, -columnGap)
  return {
    width,
    height: Math.max(...blocks.map((b) => b.height)),
    place: (middle, top) => {
      let left = middle - width / 2
      for (const b of blocks) {
        b.place(left + b.width / 2, top)
        left += b.width + columnGap
      }
    },
  }
}

/** neighbour is the node that an arrow key leads to: up and down along the flow, left and right between branches. */
export function neighbour(g: Graph, from: string, key: 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight'): string | undefined {
  const here = g.nodes.find((n) => n.id === from)
  if (!here) return undefined
  const vertical = key === 'ArrowUp' || key === 'ArrowDown'
  const sign = key === 'ArrowUp' || key === 'ArrowLeft' ? -1 : 1
  let best: { id: string; cost: number } | undefined
  for (const n of g.nodes) {
    if (n.id === from || (n.type !== 'step' && n.type !== 'trigger')) continue
    const dx = n.x - here.x
    const dy = n.y - here.y
    const along = (vertical ? dy : dx) * sign
    const across = Math.abs(vertical ? dx : dy)
    if (along <= 4 || (!vertical && across > nodeHeight)) continue
    const cost = along + across * 2
    if (!best || cost < best.cost) best = { id: n.id, cost }
  }
  return best?.id
}

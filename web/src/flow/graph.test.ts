import { describe, expect, it } from 'vitest'
import { parse, type Flow } from './document'
import { graph, neighbour, type Graph, type Node } from './graph'

const make = (steps: string): Graph => graph(parse(`name: a\ntrigger: { on: manual }\nsteps:${steps}`).flow as Flow)

const ask = `
  - id: ask
    do: whatsapp.send_text
  - id: answer
    customer_response: { within: 2h }
    default:
      - id: thank
        do: whatsapp.send_text
    no_response: []
  - id: tag
    do: crm.add_tag`

function overlaps(a: Node, b: Node): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

function nested(depth: number): string {
  const write = (n: number, pad: string): string =>
    n === 0
      ? ' []'
      : `\n${pad}- id: q${n}_${pad.length}\n${pad}  customer_response: { within: 1h }\n${pad}  default:${write(n - 1, `${pad}    `)}\n${pad}  no_response:${write(n - 1, `${pad}     `)}`
  return write(depth, '  ')
}

describe('graph', () => {
  it('draws both paths and brings them together', () => {
    const g = make(ask)
    expect(g.edges.map((e) => `${e.source} ${e.branch ?? ''}> ${e.target}`)).toEqual([
      'trigger > steps.0',
      'steps.0 > steps.1',
      'steps.1 default> steps.1.default.0',
      'steps.1 no_response> pass:steps.1.no_response',
      'steps.1.default.0 > join:steps.1',
      'pass:steps.1.no_response > join:steps.1',
      'join:steps.1 > steps.2',
      'steps.2 > end',
    ])
  })
  it('goes through a loop and comes back at its end, also when every way in it ends', () => {
    const g = make(`
  - id: each
    for_each: { in: event.items, as: item, max: 5 }
    steps:
      - id: look
        http: { url: https://example.com }
        on_error: []
  - id: again
    repeat: { until: 'true', max: 3 }
    steps:
      - id: end
        stop: {}`)
    expect(g.edges.map((e) => `${e.source} ${e.branch ?? ''}> ${e.target}`)).toEqual([
      'trigger > steps.0',
      'steps.0 steps> steps.0.steps.0',
      'steps.0.steps.0 > pass:steps.0.steps.0',
      'steps.0.steps.0 on_error> pass:steps.0.steps.0.on_error',
      'pass:steps.0.steps.0 > join:steps.0.steps.0',
      'pass:steps.0.steps.0.on_error > join:steps.0.steps.0',
      'join:steps.0.steps.0 > join:steps.0',
      'join:steps.0 > steps.1',
      'steps.1 steps> steps.1.steps.0',
      'steps.1 > join:steps.1',
      'join:steps.1 > end',
    ])
    expect(g.nodes.filter((n) => n.type === 'again').map((n) => n.id)).toEqual(['join:steps.0', 'join:steps.1'])
  })
  it('keeps branches in the order of the document, each in a column of its own', () => {
    const g = make(ask)
    const x = (id: string) => {
      const n = g.nodes.find((m) => m.id === id)!
      return n.x + n.width / 2
    }
    expect(x('steps.1.default.0')).toBeLessThan(x('pass:steps.1.no_response'))
    expect(x('steps.1')).toBe(x('join:steps.1'))
    expect(x('trigger')).toBe(x('end'))
  })
  it('knows where a step is inserted on each edge', () => {
    const at = Object.fromEntries(make(ask).edges.map((e) => [e.id, e.insert && [...e.insert.list, e.insert.index].join('.')]))
    expect(at['steps.1>pass:steps.1.no_response:no_response']).toBe('steps.1.no_response.0')
    expect(at['steps.1.default.0>join:steps.1']).toBe('steps.1.default.1')
    expect(at['join:steps.1>steps.2']).toBe('steps.2')
    expect(at['steps.2>end']).toBe('steps.3')
  })
  it('has no way on after an end', () => {
    const g = make('\n  - id: end\n    stop: {}')
    expect(g.nodes.map((n) => n.id)).toEqual(['trigger', 'steps.0'])
  })
  it('goes on from a step that handles its errors', () => {
    const g = make('\n  - id: a\n    do: x.y\n    on_error:\n      - id: b\n        stop: {}')
    expect(g.edges.map((e) => e.id)).toEqual(['trigger>steps.0', 'steps.0>pass:steps.0', 'steps.0>steps.0.on_error.0:on_error', 'pass:steps.0>join:steps.0', 'join:steps.0>end'])
  })
  it.each([1, 2, 3, 4])('overlaps nothing, %i deep', (depth) => {
    const { nodes } = make(nested(depth))
    for (const [i, a] of nodes.entries()) for (const b of nodes.slice(i + 1)) expect([a.id, b.id, overlaps(a, b)]).toEqual([a.id, b.id, false])
  })
  it('has every id once', () => {
    const g = make(nested(3))
    expect(new Set(g.edges.map((e) => e.id)).size).toBe(g.edges.length)
    expect(new Set(g.nodes.map((n) => n.id)).size).toBe(g.nodes.length)
  })
  it('is walked with arrow keys', () => {
    const g = make(ask)
    expect(neighbour(g, 'trigger', 'ArrowDown')).toBe('steps.0')
    expect(neighbour(g, 'steps.1', 'ArrowUp')).toBe('steps.0')
    expect(neighbour(g, 'trigger', 'ArrowUp')).toBeUndefined()
  })
})

import { describe, expect, it } from 'vitest'
import { all, before, blank, blankFlow, freshID, get, insert, move, owner, parse, remove, set, type Flow } from './document'

const text = `# why this flow is here
name: verify
trigger: { on: shopify.order_paid, connection: shop } # the shop
steps:
  - id: ask
    do: whatsapp.send_text
    connection: wa
    with: { to: "{{ contact.phone }}", text: "?" }
  - id: answer
    customer_response: { within: 2h }
    default:
      - id: thank
        do: whatsapp.send_text
    no_response: []
  - id: done
    stop: {}
`

const flow = (t: string): Flow => {
  const { flow, error } = parse(t)
  if (!flow) throw new Error(error)
  return flow
}
const ids = (t: string) => all(flow(t).steps).map((s) => s.id)

describe('parse', () => {
  it('finds steps with their places and branches', () => {
    const answer = flow(text).steps[1]
    expect(answer.kind).toBe('customer_response')
    expect(answer.branches.map((b) => [b.name, b.path.join('.'), b.steps.length])).toEqual([
      ['default', 'steps.1.default', 1],
      ['no_response', 'steps.1.no_response', 0],
    ])
  })
  it('says what is wrong with text that is no YAML', () => {
    expect(parse('a: [').error).toBeTruthy()
    expect(parse('- a').flow).toBeUndefined()
  })
  it('reads the cases of a switch', () => {
    const t = 'steps:\n  - id: s\n    switch: null\n    cases:\n      - when: a\n        then: [{ id: x, stop: {} }]\n    otherwise: []\n'
    expect(flow(t).steps[0].branches.map((b) => b.path.join('.'))).toEqual(['steps.0.cases.0.then', 'steps.0.otherwise'])
  })
})

describe('changes', () => {
  it('keep comments and everything else', () => {
    const out = set(text, ['steps', 0, 'with', 'text'], 'Hola {{ contact.name }}')
    expect(out).toContain('# why this flow is here')
    expect(out).toContain('# the shop')
    expect(get(out, ['steps', 0, 'with'])).toEqual({ to: '{{ contact.phone }}', text: 'Hola {{ contact.name }}' })
    expect(ids(out)).toEqual(ids(text))
    expect(set('title: A # why\nname: a\n', ['title'], 'B')).toBe('title: B # why\nname: a\n')
  })
  it('remove what is undefined, and an input that is then empty', () => {
    const out = set(set(text, ['steps', 0, 'with', 'text'], undefined), ['steps', 0, 'with', 'to'], undefined)
    expect(get(out, ['steps', 0, 'with'])).toBeUndefined()
  })
  it('insert into an empty branch, and make one that is not there', () => {
    let out = insert(text, ['steps', 1, 'no_response'], 0, { id: 'remind', stop: {} })
    out = insert(out, ['steps', 1, 'undelivered'], 0, { id: 'mail', stop: {} })
    expect(ids(out)).toEqual(['ask', 'answer', 'thank', 'remind', 'mail', 'done'])
  })
  it('remove a step, the last of its list too', () => {
    const out = remove(text, ['steps', 1, 'default', 0])
    expect(ids(out)).toEqual(['ask', 'answer', 'done'])
    expect(get(out, ['steps', 1, 'default'])).toEqual([])
  })
  it('move a step and stop at the ends', () => {
    const down = move(text, ['steps', 0], 1)
    expect(ids(down.text)).toEqual(['answer', 'thank', 'ask', 'done'])
    expect(down.path).toEqual(['steps', 1])
    expect(move(text, ['steps', 0], -1)).toEqual({ text, path: ['steps', 0] })
  })
})

describe('new steps', () => {
  it('have ids that nobody has', () => {
    expect(freshID(flow(text), 'ask')).toBe('ask_2')
    expect(blank(flow(text), 'customer_response')).toMatchObject({ id: 'answer_2', customer_response: { within: '2h' }, default: [], no_response: [] })
    expect(blank(flow(text), 'do', 'whatsapp.send_text')).toEqual({ id: 'send_text', do: 'whatsapp.send_text' })
  })
  it('begin an empty flow', () => {
    expect(flow(blankFlow('a', 'An A'))).toMatchObject({ name: 'a', title: 'An A', trigger: { on: 'manual' }, steps: [] })
  })
})

describe('before', () => {
  it('knows what ran when a step begins', () => {
    expect(before(flow(text), ['steps', 1, 'default', 0]).map((s) => s.id)).toEqual(['ask', 'answer'])
    expect(before(flow(text), ['steps', 2]).map((s) => s.id)).toEqual(['ask', 'answer', 'thank'])
    expect(before(flow(text), ['steps', 0])).toEqual([])
  })
})

describe('owner', () => {
  it('is the innermost step of a problem', () => {
    expect(owner(flow(text), 'steps[1].default[0].with.to')).toBe('steps.1.default.0')
    expect(owner(flow(text), 'steps[1].customer_response.within')).toBe('steps.1')
    expect(owner(flow(text), 'trigger.on')).toBe('trigger')
    expect(owner(flow(text), 'name')).toBe('')
  })
})

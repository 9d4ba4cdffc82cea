// The page shows the state of the sandbox and sends what a person does to the admin API. It reads the whole
// state again whenever the sandbox says that something changed.

const $ = (id) => document.getElementById(id)
const open = new Set() // webhooks whose details are unfolded
let person = '34600111222'
let state = null
let ahead = 0 // the sandbox's clock minus this machine's

// h makes an element; text children are always text, never markup.
function h(tag, props = {}, ...children) {
  const el = document.createElement(tag)
  for (const [k, v] of Object.entries(props)) {
    if (k.startsWith('on')) el.addEventListener(k.slice(2), v)
    else if (v !== false && v != null) el.setAttribute(k, v === true ? '' : v)
  }
  el.append(...children.filter((c) => c != null && c !== false))
  return el
}

// fill replaces the children of an element if what they show has changed, and keeps the focus.
function fill(el, shows, children) {
  const key = JSON.stringify(shows)
  if (el.dataset.shows === key) return false
  el.dataset.shows = key
  const focused = document.activeElement?.dataset?.key
  el.replaceChildren(...children())
  if (focused) el.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus()
  return true
}

async function post(path, body) {
  try {
    const resp = await fetch(`sandbox/${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body ?? {}) })
    const answer = await resp.json()
    if (!resp.ok) throw new Error(answer.error)
    return answer
  } catch (err) {
    say(err.message)
  }
}

let quiet
function say(text) {
  $('toast').textContent = text
  $('toast').classList.add('shown')
  clearTimeout(quiet)
  quiet = setTimeout(() => $('toast').classList.remove('shown'), 6000)
}

const clock = (t) => new Date(t).toLocaleTimeString('en-GB')
const minute = (t) => clock(t).slice(0, 5)
const euro = (cents) => new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' }).format(cents / 100)
const digits = (s) => s.replace(/\D/g, '')
const newest = (list) => [...list].reverse()

function render() {
  ahead = new Date(state.now) - Date.now()
  $('shop-name').textContent = state.shop
  $('business').textContent = state.business
  $('avatar').textContent = state.business.slice(0, 1)
  $('hold').setAttribute('aria-pressed', String(state.holding))
  $('hold').textContent = state.holding ? 'Release webhooks' : 'Hold webhooks'
  fill($('links'), state.connected, () => Object.entries({ shopify: 'Shop', whatsapp: 'WhatsApp', activecampaign: 'CRM' }).map(([k, title]) => {
    const on = state.connected[k]
    return h('li', { class: on ? 'pill ok' : 'pill', title: on ? 'The gateway has been here' : k === 'activecampaign' ? 'Nobody has called it yet' : 'No webhook registered yet' }, on ? '● ' : '○ ', title, on ? ' connected' : ' not connected')
  }))
  renderOrders()
  renderPeople()
  renderChat()
  renderContacts()
  renderWebhooks()
}

function renderOrders() {
  fill($('orders'), state.orders, () => state.orders.length === 0
    ? [h('li', { class: 'empty' }, 'No orders yet.')]
    : newest(state.orders).slice(0, 8).map((o) => h('li', {},
      h('span', {}, `#${o.number} · ${o.name}`),
      h('span', { class: 'amount' }, euro(o.items.reduce((sum, i) => sum + Math.round(i.price * 100) * i.quantity, 0))),
      h('span', { class: 'note' }, o.items.map((i) => `${i.quantity} × ${i.title}`).join(', ')),
      h('span', { class: 'note end' }, minute(o.created_at)),
      o.note && h('span', { class: 'note' }, `Note: ${o.note}`),
      o.tags.length > 0 && h('span', { class: 'tags' }, ...o.tags.map((t) => h('span', { class: 'pill' }, t))))))
}

function renderPeople() {
  const people = new Map([['34600111222', 'Lucía']])
  for (const o of state.orders) if (o.phone) people.set(digits(o.phone), o.name || o.phone)
  for (const m of state.messages) if (!people.has(m.phone)) people.set(m.phone, m.name || 'Someone')
  const list = [...people]
  fill($('person'), [list, person], () => list.map(([phone, name]) => h('option', { value: phone, selected: phone === person }, `${name} · +${phone}`)))
}

function personName() {
  return $('person').selectedOptions[0]?.textContent.split(' · ')[0] || 'Lucía'
}

const ticks = { accepted: '🕓', sent: '✓', delivered: '✓✓', read: '✓✓' }

// fate is what became of a message of the gateway, as ticks and as a word.
function fate(m) {
  if (m.direction !== 'out') return []
  if (m.status === 'failed') return [h('span', { class: 'failed' }, `not delivered (${m.error})`)]
  return [h('span', { class: `ticks ${m.status}`, 'aria-hidden': 'true' }, ticks[m.status]), h('span', {}, m.status)]
}

function renderChat() {
  const talk = state.messages.filter((m) => m.phone === person && m.type !== 'reaction')
  const byID = new Map(state.messages.map((m) => [m.id, m]))
  const chat = $('chat')
  const changed = fill(chat, [person, talk, state.connected.whatsapp], () => talk.length === 0
    ? [h('li', { class: 'empty' }, state.connected.whatsapp ? 'No messages yet. Pay an order in the shop, or write something.' : 'The gateway is not connected to WhatsApp yet. Its messages will appear here.')]
    : talk.map((m) => {
      const quoted = byID.get(m.context_id)
      return h('li', { class: `msg ${m.direction}` },
        h('div', { class: 'bubble' },
          quoted && h('span', { class: 'quote' }, quoted.text),
          m.header && h('strong', {}, `${m.header}\n`),
          m.text || `[${m.type}]`,
          m.footer && h('div', { class: 'note' }, m.footer),
          h('div', { class: 'meta' }, minute(m.at), ...fate(m))),
        m.direction === 'out' && m.status !== 'failed' && m.buttons && h('div', { class: 'choices' }, ...m.buttons.map((b) =>
          h('button', { type: 'button', 'data-key': `${m.id}/${b.id}`, onclick: () => reply({ button: b, context_id: m.id }) }, b.text))))
    }))
  if (changed) chat.scrollTop = chat.scrollHeight
}

function renderContacts() {
  fill($('contacts'), state.contacts, () => state.contacts.length === 0
    ? [h('li', { class: 'empty' }, 'No contacts yet. A flow makes them.')]
    : newest(state.contacts).slice(0, 12).map((c) => h('li', {},
      h('span', {}, [c.first_name, c.last_name].filter(Boolean).join(' ') || c.email || 'No name'),
      h('span', { class: 'note end' }, c.phone),
      h('span', { class: 'note' }, c.email),
      h('span', { class: 'tags' }, ...(c.tags.length ? c.tags.map((t) => h('span', { class: 'pill' }, t)) : [h('span', { class: 'note' }, 'no tags')])))))
}

// verdict says in a word and a colour how a webhook fared.
function verdict(d) {
  const last = d.attempts?.at(-1)
  const answer = last ? (last.status || 'no answer') : ''
  const tries = d.attempts?.length > 1 ? ` · try ${d.attempts.length}` : ''
  if (d.state === 'delivered') return ['ok', `${answer}${tries}`]
  if (d.state === 'held') return ['wait', 'held']
  if (d.state === 'failed') return ['bad', `${answer}${tries} · gave up`]
  return last ? ['warn', `${answer}${tries} · trying again`] : ['wait', 'sending']
}

function renderWebhooks() {
  fill($('webhooks'), state.webhooks, () => state.webhooks.length === 0
    ? [h('li', { class: 'empty' }, 'Nothing sent yet.')]
    : newest(state.webhooks).map((d) => {
      const [tone, text] = verdict(d)
      return h('li', {}, h('details', { open: open.has(d.id), ontoggle: (e) => (e.target.open ? open.add(d.id) : open.delete(d.id)) },
        h('summary', { 'data-key': d.id }, h('time', { class: 'note' }, clock(d.at)), h('span', { class: 'what' }, h('span', { class: 'vendor' }, `${d.vendor} `), d.topic), h('span', { class: `pill ${tone}` }, text)),
        h('dl', {},
          h('dt', {}, 'To'), h('dd', {}, d.url),
          ...(d.attempts ?? []).flatMap((a, i) => [h('dt', {}, `Try ${i + 1}`), h('dd', {}, `${clock(a.at)} · ${a.status || a.error} · ${a.ms} ms`)]),
          ...Object.entries(d.headers).filter(([k]) => k.startsWith('X-')).flatMap(([k, v]) => [h('dt', {}, k), h('dd', {}, v.join(', '))]),
          h('dt', {}, 'Body'), h('dd', {}, h('pre', { tabindex: '0' }, pretty(d.body))))))
    }))
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return decodeURIComponent(body.replaceAll('+', ' ')).replaceAll('&', '\n')
  }
}

function reply(message) {
  return post('whatsapp/reply', { from: person, name: personName(), ...message })
}

async function pay(product) {
  const form = $('order')
  if (!form.reportValidity()) return
  const f = new FormData(form)
  const item = product === 'x' ? { product_id: 632910392, variant_id: 808950810, title: 'Product X', sku: 'X-1', price: '49.90' } : { product_id: 921728736, variant_id: 447654529, title: 'Product Y', sku: 'Y-1', price: '19.50' }
  const order = await post('shopify/orders', { name: f.get('name'), phone: f.get('phone').replaceAll(' ', ''), email: f.get('email'), items: [{ ...item, quantity: Number(f.get('quantity')) }] })
  if (!order) return
  person = digits(order.phone)
  say(state?.connected.shopify ? `Order #${order.number} is paid.` : `Order #${order.number} is paid, but the gateway is not connected to the shop: nobody was told.`)
}

$('pay-x').addEventListener('click', () => pay('x'))
$('pay-y').addEventListener('click', () => pay('y'))
$('order').addEventListener('submit', (e) => { e.preventDefault(); pay('x') })
$('person').addEventListener('change', (e) => { person = e.target.value; render() })
$('ahead').addEventListener('click', () => post('clock', { advance: '1h' }))
$('hold').addEventListener('click', () => post(state?.holding ? 'release' : 'hold'))
$('reset').addEventListener('click', () => post('reset'))
$('reply').addEventListener('submit', async (e) => {
  e.preventDefault()
  const input = e.target.elements.text
  const text = input.value.trim()
  if (text && await reply({ text })) input.value = ''
})

// One look at a time; a change during a look asks for another.
let looking = false
let again = false
async function look() {
  if (looking) { again = true; return }
  looking = true
  try {
    state = await (await fetch('sandbox/state')).json()
    render()
  } catch {
    say('The sandbox does not answer.')
  }
  looking = false
  if (again) { again = false; look() }
}

setInterval(() => { $('now').textContent = clock(Date.now() + ahead) }, 1000)
new EventSource('sandbox/events').addEventListener('change', look)
look()

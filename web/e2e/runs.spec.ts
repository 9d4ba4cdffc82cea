import { readFileSync } from 'node:fs'
import { choose, clean, expect, test } from './world'

const console_ = { 'X-Cordboard-Console': '1' }

test('runs are found, kept as a view, exported and repaired, and new ones wait to be shown', async ({ page, request }) => {
  await request.post('/api/v1/session', { data: { demo: true }, headers: console_ })
  const source = `name: sorted
trigger: { on: manual }
contact: { email: "{{ event.email }}" }
steps:
  - id: way
    if: event.bad
    then:
      - { id: no, fail: { message: "=no" } }
`
  expect((await request.put('/api/v1/flows/sorted', { data: source, headers: { ...console_, 'Content-Type': 'application/yaml' } })).ok()).toBe(true)
  const start = async (email: string, bad: boolean) => expect((await request.post('/api/v1/flows/sorted/start', { data: { data: { email, bad } }, headers: console_ })).ok()).toBe(true)
  const ended = (status: string, n: number) =>
    expect.poll(async () => ((await (await request.get(`/api/v1/runs?flow=sorted&status=${status}`)).json()) as { items: unknown[] }).items.length).toBe(n)
  await start('one@example.com', false)
  await start('two@example.com', true)
  await ended('succeeded', 1)
  await ended('failed', 1)

  // Filters are in the address, stand below the lists, and go away one by one.
  await page.goto('/runs?flow=sorted')
  const rows = page.getByRole('table').getByRole('row')
  await expect(rows).toHaveCount(3)
  await page.getByRole('button', { name: 'More filters' }).click()
  await choose(page, 'Failed by', 'A refusal')
  await choose(page, 'Started', /^In the last 1 day/)
  await page.keyboard.press('Escape')
  await expect(page).toHaveURL(/failure=permanent/)
  await expect(rows).toHaveCount(2)
  await expect(rows.nth(1)).toContainText('two@example.com')
  const chips = page.getByRole('list', { name: 'More filters' })
  await expect(chips.getByRole('listitem')).toHaveCount(2)
  await clean(page, 'filtered runs')

  // As a view of this browser.
  await page.getByRole('button', { name: 'Views' }).click()
  await page.getByRole('menuitem', { name: 'Keep these filters' }).click()
  await page.getByRole('dialog').getByLabel('Name of the view').fill('Refused today')
  await page.keyboard.press('Enter')
  await chips.getByRole('button', { name: 'Without the filter Failed by' }).click()
  await chips.getByRole('button', { name: 'Without the filter Started' }).click()
  await expect(page).not.toHaveURL(/failure/)
  await page.goto('/runs')
  await page.getByRole('button', { name: 'Views' }).click()
  await page.getByRole('menuitem', { name: 'Refused today', exact: true }).click()
  await expect(rows).toHaveCount(2)

  // As a file, in which no spreadsheet finds a formula.
  await page.getByRole('button', { name: 'Export' }).click()
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'CSV' }).click()])
  expect(file.suggestedFilename()).toMatch(/^runs-\d{4}-\d\d-\d\d\.csv$/)
  const text = readFileSync(await file.path(), 'utf8')
  expect(text.split('\r\n')[0]).toMatch(/^id,status,flow,version/)
  expect(text).toMatch(/,'=no,/)

  // What comes while one looks waits above the list.
  await page.goto('/runs?flow=sorted')
  await expect(rows).toHaveCount(3)
  await start('three@example.com', false)
  await page.getByRole('button', { name: '1 new run' }).click()
  await expect(rows).toHaveCount(4)

  // What was done to several at once, by whom.
  await page.getByRole('checkbox', { name: 'Choose all runs shown' }).check()
  await page.getByRole('button', { name: 'Actions' }).click()
  await page.getByRole('menuitem', { name: 'Retry the failed step' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
  await request.post('/api/v1/repairs', { data: { action: 'cancel', flow: 'sorted', reason: 'a test' }, headers: console_ })
  await page.getByRole('link', { name: 'Bulk actions' }).click()
  const done = page.getByRole('row', { name: /a test/ })
  await expect(done).toContainText('Demo')
  await expect(done.getByText('3 left as they are')).toBeVisible()
  await clean(page, 'bulk actions')
  await done.getByRole('link', { name: 'Cancel' }).click()
  await expect(page.getByRole('dialog').getByRole('row')).toHaveCount(3)
})

test('a question says in the list how long it still waits', async ({ page, person }) => {
  await person.greets()
  await person.pays(632910392)
  await page.goto('/runs?flow=verify-product-x&status=waiting')
  const row = page.getByRole('row').filter({ has: page.locator(`a[href="/contacts/${await person.contact()}"]`) })
  await expect(row).toContainText(/waiting for a reply.*answer.*sec left/)
})

test('a wait that an outside system rents is a run without a flow to edit', async ({ page, request }) => {
  await request.post('/api/v1/session', { data: { demo: true }, headers: console_ })
  const answer = await request.post('/api/v1/waits', {
    data: { contact: { phone: '+34600555777', name: 'Renata' }, connection: 'wa', terms: { within: '2h' }, reference: 'ticket-42' }, headers: console_,
  })
  expect(answer.status()).toBe(201)
  const { run_id } = (await answer.json()) as { run_id: string }
  await page.goto(`/runs/${run_id}`)
  await expect(page.getByRole('heading', { name: 'Wait by API' })).toBeVisible()
  await expect(page.getByText('ticket-42').first()).toBeVisible()
  await expect(page.getByText('An outside system, by the API')).toBeVisible()
  await expect(page.getByRole('link', { name: 'Open the flow' })).toHaveCount(0)
  await page.getByRole('tab', { name: 'On the canvas' }).click()
  await expect(page.locator('.node.here')).toContainText('Customer Response')
  await clean(page, 'a rented wait')
  await page.goto('/flows')
  await expect(page.getByRole('link', { name: /verify/i }).first()).toBeVisible()
  await expect(page.getByText('api:waits')).toHaveCount(0)
  await expect(page.getByText(/waits by api/i)).toHaveCount(0)
  expect((await request.post(`/api/v1/runs/${run_id}/cancel`, { data: {}, headers: console_ })).ok()).toBe(true)
})

test('a run is seen as a waterfall, and keys lead to its failures and to the runs beside it', async ({ page, request }) => {
  await request.post('/api/v1/session', { data: { demo: true }, headers: console_ })
  const source = `name: falls
trigger: { on: manual }
steps:
  - { id: pause, delay: { for: 1s } }
  - { id: no, fail: { message: "It fails on purpose" } }
`
  expect((await request.put('/api/v1/flows/falls', { data: source, headers: { ...console_, 'Content-Type': 'application/yaml' } })).ok()).toBe(true)
  for (let i = 0; i < 2; i++) expect((await request.post('/api/v1/flows/falls/start', { data: {}, headers: console_ })).ok()).toBe(true)
  await expect.poll(async () => ((await (await request.get('/api/v1/runs?flow=falls&status=failed')).json()) as { items: unknown[] }).items.length).toBe(2)

  await page.goto('/runs?flow=falls')
  const rows = page.getByRole('table').getByRole('row')
  await expect(rows).toHaveCount(3)
  await rows.nth(1).getByRole('link').first().click()
  await page.getByRole('tab', { name: 'Waterfall' }).click()
  const steps = page.getByRole('region', { name: 'Waterfall' }).getByRole('listitem')
  await expect(steps).toHaveCount(2)
  await expect(steps.nth(1)).toContainText('Failed')
  await clean(page, 'waterfall of a run')

  // A row leads to its step, and F to what failed.
  await steps.nth(0).getByRole('button').click()
  await expect(page.getByRole('group').filter({ has: page.getByText('pause', { exact: true }) }).first()).toHaveAttribute('open', '')

  // The timeline is narrowed to failures, and to a word.
  await page.getByRole('tab', { name: 'Timeline' }).click()
  const entries = page.getByRole('tabpanel', { name: 'Timeline' }).getByRole('listitem')
  const all = await entries.count()
  await page.getByRole('switch', { name: 'Failed only' }).check({ force: true })
  await expect(entries).toHaveCount(2) // the step and the run
  await page.getByRole('switch', { name: 'Failed only' }).uncheck({ force: true })
  await expect(entries).toHaveCount(all)
  await page.keyboard.press('/')
  await page.keyboard.type('nothing of the kind')
  await expect(entries).toHaveCount(0)
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Delete')
  await expect(entries).toHaveCount(all)
  await page.getByRole('heading', { level: 1 }).click()
  await page.keyboard.press('f')
  await expect(page.getByText('It fails on purpose').last()).toBeInViewport()
  await expect(page.getByRole('tab', { name: 'Steps' })).toHaveAttribute('aria-selected', 'true')

  const first = page.url()
  await expect(page.getByRole('link', { name: 'Next run' })).toBeVisible()
  await page.keyboard.press(']')
  await expect(page).not.toHaveURL(first)
  await expect(page.getByRole('link', { name: 'Previous run' })).toBeVisible()
  await page.keyboard.press('[')
  await expect(page).toHaveURL(first)
})

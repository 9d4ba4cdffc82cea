import { expect, saved, test } from './world'

const console_ = { 'X-Cordboard-Console': '1' }

// What is drawn is bounded, however much there is: counts say so on any machine, times do not.

test('a flow of 500 steps draws what is in view, and is edited', async ({ page, request }) => {
  await request.post('/api/v1/session', { data: { demo: true }, headers: console_ })
  const steps = Array.from({ length: 500 }, (_, i) => `  - { id: s${i}, set: { n: "{{ ${i} }}" } }`).join('\n')
  expect((await request.post('/api/v1/flows', { data: { name: 'large', source: `name: large\ntrigger: { on: manual }\nsteps:\n${steps}\n` }, headers: console_ })).ok()).toBe(true)
  await page.goto('/flows/large')
  await expect(page.locator('[data-node="trigger"]')).toBeVisible()
  const nodes = page.locator('.react-flow__node')
  await page.locator('[data-node="trigger"]').click()
  await expect.poll(() => nodes.count()).toBeLessThan(120)
  for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowDown') // beyond what was in view
  await expect(page.locator('[data-node="steps.11"]')).toBeFocused()
  const panel = page.getByRole('complementary', { name: 'Set up' })
  await panel.getByLabel('Title').fill('Large')
  await saved(page)
  await expect(page.getByText('No problems')).toBeVisible()
  expect(await page.locator('*').count()).toBeLessThan(6_000)
})

test('a run of thousands of entries shows both ends, and the rest when asked', async ({ page, request }) => {
  await request.post('/api/v1/session', { data: { demo: true }, headers: console_ })
  const source = `name: long
trigger: { on: manual }
steps:
  - id: each
    for_each: { in: event.list, as: item, max: 1000 }
    steps:
      - { id: note, set: { n: "{{ item }}" } }
`
  expect((await request.put('/api/v1/flows/long', { data: source, headers: { ...console_, 'Content-Type': 'application/yaml' } })).ok()).toBe(true)
  const started = (await (await request.post('/api/v1/flows/long/start', { data: { data: { list: Array.from({ length: 1000 }, (_, i) => i) } }, headers: console_ })).json()) as { runs: { run_id: string }[] }
  const id = started.runs[0].run_id
  await expect.poll(async () => ((await (await request.get(`/api/v1/runs/${id}`)).json()) as { status: string }).status).toBe('succeeded')
  await page.goto(`/runs/${id}`)
  const timeline = page.locator('.timeline > li')
  await expect(page.getByRole('button', { name: /entries between/ })).toBeVisible()
  expect(await timeline.count()).toBeLessThan(320)
  await page.getByRole('tab', { name: 'Steps' }).click()
  await expect(page.getByRole('button', { name: /entries between/ })).toBeVisible()
  const shown = page.locator('details.card')
  expect(await shown.count()).toBeLessThan(320)
  await expect(shown.last()).toContainText('Iteration 1000')
  await page.getByRole('button', { name: /entries between/ }).click()
  await expect.poll(() => shown.count()).toBeGreaterThan(500)
})

import { choose, clean, expect, field, test } from './world'

const headers = { 'X-Cordboard-Console': '1' }

test('settings say how the gateway stands, what it is sealed with and who is told', async ({ page }) => {
  await page.request.post('/api/v1/session', { data: { demo: true }, headers })
  const { id } = (await (await page.request.post('/api/v1/endpoints', { data: { url: 'http://127.0.0.1:8090/pager', events: ['alert.*'] }, headers })).json()) as { id: string }
  await page.goto('/settings')
  await page.getByRole('tab', { name: 'System' }).click()
  await expect(page.getByText(/^SQLite \d/)).toBeVisible()
  await expect(page.getByRole('row').filter({ hasText: 'Answers you' })).toHaveCount(1)
  await clean(page, 'settings, system')

  await page.getByRole('tab', { name: 'Secrets and keys' }).click()
  const row = page.getByRole('row').filter({ hasText: 'Seals new secrets' })
  await expect(row).toContainText(/[0-9a-f]{8}/)
  await clean(page, 'settings, secrets and keys')
  await expect(page).toHaveURL(/tab=sealing/)

  await page.getByRole('tab', { name: 'Notifications' }).click()
  await expect(page.getByText('This gateway sends no e-mail')).toBeVisible()
  await expect(page.getByRole('region', { name: 'By webhook' })).toContainText('http://127.0.0.1:8090/pager')
  await expect(page.getByRole('region', { name: 'By e-mail' })).toContainText('demo@cordboard.example')
  await clean(page, 'settings, notifications')
  await page.request.delete(`/api/v1/endpoints/${id}`, { headers })
})

test("secrets that an older key has sealed are sealed anew at a press", async ({ page }) => {
  await page.request.post('/api/v1/session', { data: { demo: true }, headers })
  // The demo has one key: the other one is told of.
  let secrets = 3
  await page.route('**/api/v1/system', async (route) => {
    const answer = await route.fetch()
    const body = (await answer.json()) as { keys: object[] }
    await route.fulfill({ json: { ...body, keys: [...body.keys, { id: '0badcafe', seals: false, known: true, secrets }] } })
  })
  await page.route('**/api/v1/system/reseal', async (route) => {
    secrets = 0
    await route.fulfill({ json: { secrets: 3, stuck: [] } })
  })
  await page.goto('/settings?tab=sealing')
  await expect(page.getByText('3 secrets are still sealed with an older key.')).toBeVisible()
  await clean(page, 'an older key')
  await page.getByRole('button', { name: 'Seal anew' }).click()
  await expect(page.getByText('Nothing is sealed with 0badcafe any more.')).toBeVisible()
})

test('the visitor of a demo, who has no password, is offered nothing that takes one', async ({ page }) => {
  await page.goto('/settings?tab=account')
  await expect(page.getByText('You are the visitor of a demo')).toBeVisible()
  await expect(page.getByRole('region', { name: 'Where you are signed in' })).toBeVisible()
  await expect(page.getByLabel(/password/i)).toHaveCount(0)
  await expect(page.getByRole('region', { name: 'Passkeys' })).toHaveCount(0)
})

test('a connection says who has made it', async ({ page }) => {
  await page.request.post('/api/v1/session', { data: { demo: true }, headers })
  await page.request.post('/api/v1/connections', { data: { name: 'mine', connector: 'echo', settings: {} }, headers })
  await page.goto('/connections')
  await expect(page.getByRole('region', { name: 'mine', exact: true })).toContainText('Made by Demo')
  await page.request.delete('/api/v1/connections/mine', { headers })
})

test.describe('in Spanish', () => {
  test.use({ locale: 'es' })
  test('a run’s timeline and what is refused are told in Spanish too', async ({ page, person }) => {
    await person.greets()
    await person.pays(632910392)
    await page.goto('/runs?flow=verify-product-x&status=waiting')
    await page.getByRole('link', { name: 'verify-product-x' }).first().click()
    await expect(page.getByText(/^Espera una respuesta hasta \d/)).toBeVisible()
    await expect(page.getByText(/^Se envió el mensaje “verify_purchase/)).toBeVisible()
    await page.goto('/connections')
    await page.getByRole('button', { name: 'Nueva conexión' }).click()
    const dialog = page.getByRole('dialog')
    await choose(dialog, 'Conector', 'Echo')
    await field(dialog, 'Nombre').fill('crm')
    await dialog.getByRole('button', { name: 'Conectar' }).click()
    await expect(dialog.getByText('Ya hay una conexión llamada «crm».')).toBeVisible()
    await page.goto('/runs/run_nothing')
    await expect(page.getByText('Aquí no hay nada con ese nombre o id.')).toBeVisible()
  })
})

test('a list of the provider is not asked for half an expression', async ({ page }) => {
  await page.request.post('/api/v1/session', { data: { demo: true }, headers })
  const source = 'name: half\ntrigger: { on: manual }\ncontact: { email: "{{ event.email }}" }\nsteps:\n  - { id: tag, do: activecampaign.add_tag, connection: crm, with: { email: "{{ contact.email }}", tag: vip } }\n'
  await page.request.put('/api/v1/flows/half', { data: source, headers: { ...headers, 'Content-Type': 'application/yaml' } })
  await page.addInitScript(() => {
    const send = fetch
    const asked: string[] = []
    Object.assign(window, {
      asked,
      fetch: async (request: Request, init?: RequestInit) => {
        if (request.url?.endsWith('/options')) asked.push(await request.clone().text())
        return send(request, init)
      },
    })
  })
  const asked = () => page.evaluate(() => (window as unknown as { asked: string[] }).asked)
  await page.goto('/flows/half')
  await page.locator('[data-node="steps.0"]').click()
  const tag = page.getByRole('complementary').getByLabel(/^Tag/)
  await tag.click()
  await expect.poll(async () => (await asked()).length).toBeGreaterThan(0)
  await tag.fill('')
  await tag.pressSequentially('{{ contact.na')
  await tag.fill('gold')
  await expect.poll(async () => (await asked()).some((a) => a.includes('"search":"gold"'))).toBe(true)
  expect((await asked()).filter((a) => a.includes('{'.repeat(2)))).toEqual([])
})

import { choose, clean, expect, field, test } from './world'

test('a newcomer sees a demo and what to click first', async ({ page }) => {
  await page.goto('/')
  await expect(page.getByText('Try it in three steps')).toBeVisible()
  await page.getByRole('link', { name: /See the flow/ }).click()
  await expect(page.locator('[data-node="steps.0.then.1"]')).toContainText('Customer Response')
})

test('one answers for the customer, and sees that it was so', async ({ page, person }) => {
  await person.greets()
  await person.pays(632910392)
  await page.goto('/runs?flow=verify-product-x&status=waiting')
  await page.getByRole('link', { name: 'verify-product-x' }).first().click()
  await page.getByLabel('Answer in the customer’s place').fill('yes')
  await page.getByRole('button', { name: 'Answer', exact: true }).click()
  await expect(page.getByText('The answer is taken')).toBeVisible()
  await expect(page.getByText('Succeeded', { exact: true })).toBeVisible()
  await expect(page.getByText('Somebody answered for the contact')).toBeVisible()
})

test('a run is cancelled with a reason, and says so', async ({ page, person }) => {
  await person.greets()
  await person.pays(632910392)
  await page.goto('/runs?flow=verify-product-x&status=waiting')
  await page.getByRole('link', { name: 'verify-product-x' }).first().click()
  await page.getByRole('button', { name: 'Actions' }).click()
  await page.getByRole('menuitem', { name: 'Cancel the run' }).click()
  await page.getByRole('dialog').getByLabel('Reason').fill('ordered by mistake')
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the run' }).click()
  await expect(page.getByText('Cancelled', { exact: true })).toBeVisible()
  await expect(page.getByText('ordered by mistake').first()).toBeVisible()
})

test('a failure is understood and mended in a few clicks', async ({ page, person, request }) => {
  const header = { 'X-Cordboard-Console': '1' }
  await page.request.post('/api/v1/session', { data: { demo: true }, headers: header })
  const source = `name: tagger
trigger: { on: manual }
contact: { email: "{{ event.email }}" }
steps:
  - { id: tag, do: activecampaign.add_tag, connection: crm, with: { email: "{{ contact.email }}", tag: vip } }
`
  await page.request.put('/api/v1/flows/tagger', { data: source, headers: { ...header, 'Content-Type': 'application/yaml' } })
  await request.post('http://127.0.0.1:8090/sandbox/activecampaign/fail', { data: { status: 422, times: 1 } })
  await page.request.post('/api/v1/flows/tagger/start', { data: { data: { email: person.email } }, headers: header })
  await page.goto('/runs?flow=tagger&status=failed')
  await page.getByRole('link', { name: 'tagger' }).first().click() // the first click of three shows the cause
  await expect(page.getByText('trying again does not help').first()).toBeVisible()
  await page.getByRole('button', { name: 'Retry the failed step' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('The call of tag is made again')
  await dialog.getByRole('button', { name: 'Retry the failed step' }).click()
  await expect(page.getByText('Succeeded', { exact: true })).toBeVisible()
})

test('a connection is made, tested and deleted; its secrets are never shown', async ({ page }) => {
  await page.goto('/connections')
  await page.getByRole('button', { name: 'New connection' }).click()
  const dialog = page.getByRole('dialog')
  await choose(dialog, 'Connector', 'ActiveCampaign')
  await field(dialog, 'Name').fill('second-crm')
  await field(dialog, /address|URL/i).fill('http://127.0.0.1:8090/activecampaign')
  await field(dialog, 'API key').fill('demo-activecampaign-token')
  await dialog.getByRole('button', { name: 'Connect' }).click()
  const card = page.getByRole('region', { name: 'second-crm' })
  await card.getByRole('button', { name: 'Test' }).click()
  await expect(card.getByText(/It works/)).toBeVisible()
  expect(await page.content()).not.toContain('demo-activecampaign-token')
  await card.getByRole('button', { name: 'Delete' }).click()
  const confirm = page.getByRole('dialog')
  await expect(confirm.getByRole('button', { name: 'Delete' })).toBeDisabled()
  await confirm.getByRole('textbox').fill('second-crm')
  await confirm.getByRole('button', { name: 'Delete' }).click()
  await expect(card).toHaveCount(0)
})

test('a connection says which flows use it, and is kept as long as one of them is on', async ({ page }) => {
  await page.goto('/connections')
  const card = page.getByRole('region', { name: 'crm', exact: true })
  await card.getByText(/^Used by \d+ flow/).click()
  await expect(card.getByRole('link', { name: 'Verify the purchase of product X' })).toBeVisible()
  await card.getByRole('button', { name: 'Delete' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('Switch them off, or publish them with another connection')
  await expect(dialog.getByRole('button', { name: 'Delete' })).toHaveCount(0)
  await clean(page, 'a connection in use')
  const refused = await page.request.delete('/api/v1/connections/crm', { headers: { 'X-Cordboard-Console': '1' } })
  expect(refused.status()).toBe(409)
})

test('an invited viewer signs in, sees and changes nothing', async ({ page, browser, person }) => {
  await person.greets()
  await person.pays(632910392)
  await page.goto('/settings')
  await page.getByRole('button', { name: 'Invite' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('E-mail').fill(person.email)
  await choose(dialog, 'Role', 'Viewer')
  const [answer] = await Promise.all([page.waitForResponse((r) => r.url().endsWith('/api/v1/users') && r.request().method() === 'POST'), dialog.getByRole('button', { name: 'Invite' }).click()])
  const { link, id } = (await answer.json()) as { link: string; id: string }
  await expect(page.getByText('Give this link to the person')).toBeVisible()

  const context = await browser.newContext()
  const viewer = await context.newPage()
  await viewer.goto(link)
  await expect(viewer).not.toHaveURL(/link=/)
  await viewer.getByLabel('New password').fill('short')
  await viewer.getByRole('button', { name: 'Set password' }).click()
  await expect(viewer.getByText(/at least 12 characters/)).toBeVisible()
  await viewer.getByLabel('New password').fill('correct horse battery')
  await viewer.getByRole('button', { name: 'Set password' }).click()
  await expect(viewer.getByRole('heading', { name: 'Flows' })).toBeVisible()
  await expect(viewer.getByRole('button', { name: 'New flow' })).toHaveCount(0)
  await viewer.goto('/flows/verify-product-x')
  await viewer.locator('[data-node="steps.0.then.1"]').click()
  await expect(viewer.getByRole('button', { name: 'Publish' })).toHaveCount(0)
  await expect(viewer.locator('.plus')).toHaveCount(0)
  await expect(viewer.getByRole('complementary').getByLabel('Wait at most')).toBeDisabled()
  // Nowhere else is there anything that changes something, and the API refuses it too.
  const { items } = (await (await viewer.request.get('/api/v1/runs?flow=verify-product-x&limit=1')).json()) as { items: { id: string; contact_id: string }[] }
  const [run] = items
  for (const [path, shown] of [
    [`/runs/${run.id}`, 'Timeline'], [`/contacts/${run.contact_id}`, 'Journey'], ['/connections', 'wa'], ['/webhooks', 'Webhooks'], ['/runs', 'Runs'],
  ]) {
    await viewer.goto(path)
    await expect(viewer.getByText(shown, { exact: true }).first()).toBeVisible()
    await expect(viewer.getByRole('button', { name: /^(Actions|Answer|Resume|Let it time out|Retry|Cancel|Change|Merge|Erase|Test|Settings|Delete|New)/ })).toHaveCount(0)
    await expect(viewer.getByRole('checkbox')).toHaveCount(0)
  }
  const refused: [string, string][] = [
    ['post', '/flows/verify-product-x/disable'], ['post', `/runs/${run.id}/cancel`], ['post', `/runs/${run.id}/replay`], ['patch', `/contacts/${run.contact_id}`], ['delete', `/contacts/${run.contact_id}`],
    ['delete', '/connections/wa'], ['post', '/endpoints'], ['post', '/users'], ['post', '/tokens'],
  ]
  for (const [method, path] of refused) {
    const answer = await viewer.request.fetch(`/api/v1${path}`, { method, data: {}, headers: { 'X-Cordboard-Console': '1' } })
    expect(answer.status(), `${method} ${path}`).toBe(403)
  }

  // Who is disabled is out at once, and can sign in again only with a good password.
  await page.request.patch(`/api/v1/users/${id}`, { data: { disabled: true }, headers: { 'X-Cordboard-Console': '1' } })
  await viewer.getByRole('link', { name: 'Contacts' }).click()
  await expect(viewer.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await field(viewer, 'E-mail').fill(person.email)
  await field(viewer, 'Password').fill('correct horse battery')
  await viewer.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(viewer.getByText('This does not match what is known here.')).toBeVisible()
  await context.close()
})

test('a token is shown once', async ({ page }) => {
  await page.goto('/settings')
  await page.getByRole('tab', { name: 'API tokens' }).click()
  await page.getByRole('button', { name: 'New token' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Where it is used').fill('e2e')
  await dialog.getByRole('button', { name: 'New token' }).click()
  const token = await dialog.locator('.copy span').first().textContent()
  expect(token).toMatch(/^cb_/)
  await dialog.getByRole('button', { name: 'Done' }).click()
  expect(await page.content()).not.toContain(token)
  await page.getByRole('button', { name: 'Revoke: e2e' }).click()
  await expect(page.getByText('The token is revoked.')).toBeVisible()
})

test('signing out of the demo, and in again', async ({ page }) => {
  await page.goto('/flows')
  await page.getByRole('button', { name: 'Demo', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await page.getByRole('button', { name: 'Enter the demo' }).click()
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible()
})

test('an outside system is told what happens, and one sees what it answered', async ({ page }) => {
  await page.goto('/webhooks')
  await page.getByRole('button', { name: 'New endpoint' }).click()
  const form = page.getByRole('dialog')
  await form.getByLabel('Address').fill('ftp://crm.example.com')
  await form.getByRole('button', { name: 'New endpoint' }).click()
  await expect(form.getByText('must be a whole address')).toBeVisible()
  await form.getByLabel('Address').fill('http://127.0.0.1:8090/nothing-here')
  await form.getByRole('button', { name: 'New endpoint' }).click()
  await expect(form.getByText(/^whsec_/)).toBeVisible()
  await form.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('button', { name: /^Deliveries: .*nothing-here/ }).click()
  const log = page.getByRole('dialog')
  await log.getByRole('button', { name: 'Send a test' }).click()
  await log.getByRole('button', { name: 'endpoint.test' }).click()
  await expect(log.getByText('Answered with 404 Not Found.')).toBeVisible({ timeout: 15_000 })
  await clean(page, 'deliveries')

  // What happens while it is switched off can be sent later: it is counted first.
  const header = { 'X-Cordboard-Console': '1' }
  await log.getByRole('button', { name: 'Switch off' }).click()
  await expect(log.getByRole('button', { name: 'Switch on' })).toBeVisible()
  await page.request.put('/api/v1/flows/told', { data: 'name: told\ntrigger: { on: manual }\nsteps:\n  - { id: note, set: { n: "{{ 1 }}" } }\n', headers: { ...header, 'Content-Type': 'application/yaml' } })
  await page.request.post('/api/v1/flows/told/start', { data: { data: {} }, headers: header })
  await expect.poll(async () => ((await (await page.request.get('/api/v1/runs?flow=told&status=succeeded')).json()) as { items: unknown[] }).items.length).toBe(1)
  await log.getByRole('button', { name: 'Send what was missed' }).click()
  const recover = page.getByRole('dialog', { name: 'Send what was missed' })
  await expect(recover.getByRole('status')).toContainText(/missed and would be sent/)
  await expect(recover).toContainText('The address is switched off')
  await clean(page, 'recovery')
  await recover.getByRole('button', { name: /^Send \d+ event/ }).click()
  await expect(page.getByText(/on (its|their) way/).last()).toBeVisible()
  await log.getByText('Check the signature').click()
  await log.getByText('Python', { exact: true }).click()
  await expect(log.getByText('hmac.compare_digest')).toBeVisible()
  await clean(page, 'how to check a signature')
  await expect(page).toHaveURL(/endpoint=ep_/)
  await log.getByRole('button', { name: 'Delete' }).click()
  const leave = page.getByRole('dialog', { name: 'Delete the endpoint' })
  await expect(leave).toContainText('nothing-here')
  await leave.getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByText('No outside system is told')).toBeVisible()
})

test('the list of flows says what each did lately', async ({ page }) => {
  const header = { 'X-Cordboard-Console': '1' }
  await page.request.post('/api/v1/session', { data: { demo: true }, headers: header })
  await page.request.put('/api/v1/flows/lately', { data: 'name: lately\ntrigger: { on: manual }\nsteps:\n  - { id: end, stop: {} }\n', headers: { ...header, 'Content-Type': 'application/yaml' } })
  await page.request.post('/api/v1/flows/lately/start', { data: { data: {} }, headers: header })
  await expect.poll(async () => ((await (await page.request.get('/api/v1/runs?flow=lately&status=succeeded')).json()) as { items: unknown[] }).items.length).toBe(1)
  await page.goto('/flows')
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'lately', exact: true }) })
  await expect(row.getByRole('link', { name: 'Last run of lately: Succeeded' })).toBeVisible()
  await expect(row).toContainText('Started by hand or API')
  await expect(row).toContainText('Demo')
  await page.getByRole('combobox', { name: 'State' }).click()
  await page.getByRole('option', { name: 'Draft' }).click()
  await expect(row).toHaveCount(0)
  await page.getByRole('combobox', { name: 'State' }).click()
  await page.getByRole('option', { name: 'Draft' }).click() // chosen again, it is taken back
  await row.getByRole('link', { name: /^1 run in 24 hours: Succeeded 1/ }).click()
  await expect(page).toHaveURL(/\/runs\?.*flow=lately/)
  await expect(page.getByRole('table').getByText('Succeeded', { exact: true })).toBeVisible()
})

test('what roles may do is shown as the gateway decides it', async ({ page }) => {
  await page.goto('/settings')
  const roles = page.getByRole('region', { name: 'What each role may do' })
  const tokens = roles.getByRole('row').filter({ hasText: 'API tokens' })
  await expect(tokens.getByRole('cell')).toHaveText(['Nothing', 'Nothing', 'Nothing', 'Manage', 'Manage'])
  await expect(roles.getByRole('row').filter({ hasText: 'Flows' }).getByRole('cell')).toHaveText(['See', 'See', 'See, Change', 'See, Change', 'See, Change'])
  await tokens.getByText('API tokens', { exact: true }).click()
  await expect(tokens).toContainText('Make an API token')
  await clean(page, 'roles')
})

test('the menu is made narrow, and stays so', async ({ page }) => {
  await page.goto('/flows')
  await page.getByRole('button', { name: 'Make the menu narrow' }).click()
  const rail = page.getByRole('navigation', { name: 'Main' })
  await expect.poll(async () => (await rail.boundingBox())!.width).toBe(56)
  await page.reload()
  await expect.poll(async () => (await rail.boundingBox())!.width).toBe(56)
  await clean(page, 'the narrow menu')
  await rail.getByRole('link', { name: 'Runs' }).click()
  await expect(page).toHaveURL(/\/runs$/)
  await rail.getByRole('button', { name: 'Demo' }).click()
  await expect(page.getByRole('menuitem', { name: 'Sign out' })).toBeVisible()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Make the menu wide' }).click()
  await expect.poll(async () => (await rail.boundingBox())!.width).toBe(232)
})

test('an address that leads nowhere says so', async ({ page }) => {
  await page.goto('/nowhere')
  await expect(page.getByRole('heading', { name: 'Not found' })).toBeVisible()
  await page.goto('/runs/run_nothing')
  await expect(page.getByText('There is nothing of that name or id here.')).toBeVisible()
})

for (const scheme of ['light', 'dark'] as const)
  for (const language of ['en', 'es', 'it'])
    test(`axe finds nothing serious, ${scheme}, ${language}`, async ({ browser, person }) => {
      test.slow()
      await person.greets()
      await person.pays(632910392)
      const context = await browser.newContext({ colorScheme: scheme, locale: language, viewport: { width: 1440, height: 900 } })
      const page = await context.newPage()
      // Every page in English; of the other languages those with the most words.
      const pages = language === 'en' ? ['/', '/insight', '/flows', '/flows/verify-product-x', '/runs', '/repairs', '/contacts', '/connections', '/connectors', '/webhooks', '/webhooks/in', '/settings'] : ['/', '/insight', '/webhooks/in', '/connections', '/settings']
      for (const path of pages) {
        await page.goto(path)
        await expect(page.locator('main')).toBeVisible()
        await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
        await clean(page, path)
      }
      await page.goto('/settings')
      for (const tab of language === 'en' ? ['API tokens', 'Calendars', 'Fields', 'Lists', 'Retention', 'Notifications', 'Secrets and keys', 'System', 'My account'] : []) {
        await page.getByRole('tab', { name: tab }).click()
        await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
        await clean(page, `settings, ${tab}`)
      }
      await page.goto('/flows/verify-product-x')
      for (const id of language === 'en' ? ['trigger', 'steps.0', 'steps.0.then.0', 'steps.0.then.1'] : ['steps.0.then.1']) {
        await page.locator(`[data-node="${id}"]`).click()
        await clean(page, `panel of ${id}`)
      }
      await page.locator('[data-insert="steps.0"]').click()
      await expect(page.getByRole('dialog')).toBeVisible()
      await clean(page, 'adding a step')
      await page.goto('/runs')
      await page.locator('table.list a').first().click()
      await expect(page.getByRole('tablist')).toBeVisible()
      await clean(page, 'run')
      expect(await page.evaluate(() => document.documentElement.lang)).toBe(language)
      await context.close()
    })

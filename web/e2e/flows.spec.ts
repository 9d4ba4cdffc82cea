import { readFileSync } from 'node:fs'
import { clean, expect, field, saved, test, type Page } from './world'

const console_ = { 'X-Cordboard-Console': '1' }

/** make gives a workspace flows, each live unless it is a draft. */
async function make(page: Page, ...names: string[]) {
  await page.request.post('/api/v1/session', { data: { demo: true }, headers: console_ })
  for (const name of names) {
    const source = `name: ${name}\ntitle: ${name}\ntrigger: { on: manual }\nsteps:\n  - { id: pause, delay: { for: 1h } }\n`
    expect((await page.request.put(`/api/v1/flows/${name}`, { data: source, headers: { ...console_, 'Content-Type': 'application/yaml' } })).ok()).toBe(true)
  }
}

const row = (page: Page, name: string) => page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) })

async function act(page: Page, name: string, entry: string) {
  await page.getByRole('button', { name: `What to do with ${name}`, exact: true }).click()
  await page.getByRole('menuitem', { name: entry }).click()
}

test('flows are found by tag, state and text, and the filter is in the address', async ({ page }) => {
  await make(page, 'tagged-one', 'tagged-two', 'untagged')
  await page.goto('/flows')
  await act(page, 'tagged-one', 'Tags')
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('combobox', { name: 'Tags' }).fill('season')
  await page.keyboard.press('Enter')
  await clean(page, 'tags')
  await dialog.getByRole('button', { name: 'Tag', exact: true }).click()
  await expect(row(page, 'tagged-one')).toContainText('season')

  for (const name of ['tagged-one', 'tagged-two']) await page.getByRole('checkbox', { name: `Choose ${name}` }).check()
  await expect(page.getByText('2 flows chosen')).toBeVisible()
  await page.getByRole('button', { name: 'Actions' }).click()
  await page.getByRole('menuitem', { name: 'Tags' }).click()
  await expect(dialog.getByRole('group', { name: 'Used before' }).getByRole('button', { name: 'season' })).toBeVisible()
  await dialog.getByRole('combobox', { name: 'Tags' }).fill('both')
  await page.keyboard.press('Enter')
  await dialog.getByRole('button', { name: 'Tag', exact: true }).click()
  await expect(row(page, 'tagged-two')).toContainText('both')
  await expect(row(page, 'tagged-one')).toContainText('season') // what only some have stays

  await row(page, 'tagged-one').getByRole('button', { name: 'season' }).click()
  await expect(page).toHaveURL(/tag=season/)
  await expect(row(page, 'tagged-two')).toHaveCount(0)
  await page.reload()
  await expect(row(page, 'tagged-one')).toBeVisible()
  await expect(row(page, 'untagged')).toHaveCount(0)
  await page.goto('/flows?state=draft&text=tagged')
  await expect(page.getByText('No flow matches.')).toBeVisible()
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await expect(row(page, 'untagged')).toBeVisible()
})

test('a flow whose runs wait is switched off only after one has heard what becomes of them', async ({ page }) => {
  await make(page, 'has-waiting', 'has-none')
  await page.request.post('/api/v1/flows/has-waiting/start', { data: {}, headers: console_ })
  await page.goto('/flows')
  await expect(row(page, 'has-waiting').getByText('Waiting', { exact: true })).toBeVisible()
  const takes = page.getByRole('switch', { name: 'has-waiting takes events' })
  await takes.click({ force: true })
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('1 run waits and goes on to its end.')
  await clean(page, 'switching off')
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect(takes).toBeChecked()
  await takes.click({ force: true })
  await dialog.getByRole('button', { name: 'Switch off' }).click()
  await expect(takes).not.toBeChecked()

  await page.getByRole('switch', { name: 'has-none takes events' }).click({ force: true })
  await expect(page.getByRole('switch', { name: 'has-none takes events' })).not.toBeChecked()

  for (const name of ['has-waiting', 'has-none']) await page.getByRole('checkbox', { name: `Choose ${name}` }).check()
  await page.getByRole('button', { name: 'Actions' }).click()
  await page.getByRole('menuitem', { name: 'Switch on' }).click()
  await expect(page.getByText('2 flows are on.')).toBeVisible()
  await page.getByRole('button', { name: 'Actions' }).click()
  await page.getByRole('menuitem', { name: 'Switch off' }).click()
  await expect(dialog).toContainText('1 run waits')
  await dialog.getByRole('button', { name: 'Switch off' }).click()
  await expect(page.getByText('2 flows are off.')).toBeVisible()
})

test('a flow goes into the archive and comes back; a copy is a draft of its own', async ({ page }) => {
  await make(page, 'season')
  await page.goto('/flows')
  await act(page, 'season', 'Put into the archive')
  await expect(row(page, 'season')).toHaveCount(0)
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByRole('switch', { name: 'season takes events' })).toBeChecked()
  await act(page, 'season', 'Put into the archive')
  await expect(row(page, 'season')).toHaveCount(0)
  await page.goto('/flows?state=archived')
  await expect(row(page, 'season')).toContainText('In the archive')
  await act(page, 'season', 'Take out of the archive')
  await expect(row(page, 'season')).toHaveCount(0)
  await page.goto('/flows')
  await expect(page.getByRole('switch', { name: 'season takes events' })).not.toBeChecked()

  const [download] = await Promise.all([page.waitForEvent('download'), act(page, 'season', 'Export as YAML')])
  expect(download.suggestedFilename()).toBe('season.yaml')
  expect(readFileSync(await download.path(), 'utf8')).toContain('name: season')

  await act(page, 'season', 'Duplicate')
  await expect(page).toHaveURL(/\/flows\/season-2$/)
  await expect(page.getByRole('heading', { name: 'season (copy)' })).toBeVisible()
})

test('a new flow begins with a template or a file, and its problems are told before there is a draft', async ({ page }) => {
  await make(page)
  await page.goto('/flows')
  await expect(page.getByRole('heading', { name: 'Flows' })).toBeVisible()
  await page.keyboard.press('n')
  const dialog = page.getByRole('dialog')
  for (const template of ['Answer a common question', 'Ask for a number, up to three times', 'Answer another system', 'Each workday at nine', 'Ask after an order']) {
    await dialog.getByRole('radio', { name: template }).check()
    await expect(field(dialog, 'Title')).toHaveValue(template)
    await expect(dialog.getByText('Nothing is wrong with it.')).toBeVisible()
  }
  await clean(page, 'new flow')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await expect(page).toHaveURL(/\/flows\/ask-after-an-order$/)
  await expect(page.getByRole('heading', { name: 'Ask after an order' })).toBeVisible()
  await expect(page.getByText('No problems')).toBeVisible()
  await page.goto('/flows')
  await page.getByRole('button', { name: 'New flow' }).click()
  await dialog.getByRole('radio', { name: 'A file' }).check()
  await expect(dialog.getByRole('button', { name: 'Create' })).toBeDisabled()
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), dialog.getByRole('button', { name: 'YAML or JSON' }).click()])
  await chooser.setFiles({ name: 'mine.yaml', mimeType: 'application/yaml', buffer: Buffer.from('name: taken-along\ntitle: Taken along\ntrigger: { on: manual }\nsteps:\n  - { id: ask, do: whatsapp.send_text, connection: nowhere, with: {} }\n') })
  await expect(field(dialog, 'Name')).toHaveValue('taken-along')
  await expect(dialog).toContainText('steps[0]')
  await expect(dialog).toContainText('nowhere')
  expect((await page.request.get('/api/v1/flows/taken-along')).status()).toBe(404)
  await dialog.getByRole('button', { name: 'Create' }).click()
  await expect(page.getByRole('heading', { name: 'Taken along' })).toBeVisible()
})

test('a viewer finds flows and changes none', async ({ page, browser }) => {
  await make(page, 'looked-at')
  const { link } = (await (await page.request.post('/api/v1/users', { data: { email: `looks.${Date.now()}@example.com`, name: 'Looks', role: 'viewer' }, headers: console_ })).json()) as { link: string }
  const other = await browser.newContext()
  const viewer = await other.newPage()
  await viewer.goto(link)
  await viewer.getByLabel('New password').fill('four plain words here')
  await viewer.getByRole('button', { name: 'Set password and sign in' }).click()
  await expect(viewer.getByRole('heading', { name: 'Flows' })).toBeVisible()
  await viewer.goto('/flows')
  await viewer.getByRole('button', { name: 'What to do with looked-at' }).click()
  await expect(viewer.getByRole('menuitem')).toHaveText(['Open', 'Runs', 'Export as YAML'])
  await expect(viewer.getByRole('checkbox')).toHaveCount(0)
  const refused = await viewer.request.patch('/api/v1/flows/looked-at', { data: { archived: true }, headers: console_ })
  expect(refused.status()).toBe(403)
  await other.close()
})

test('data in a field has a pill, which keys take out and which is red when its step is gone', async ({ page }) => {
  await page.request.post('/api/v1/session', { data: { demo: true }, headers: console_ })
  const source = `name: pilled
trigger: { on: manual }
steps:
  - { id: look, http: { url: "https://shop.example/x" } }
  - { id: note, set: { greeting: "Hello {{ contact.name }}, {{ steps.look.status }} and {{ steps.look.body.size() }}." } }
`
  await page.request.post('/api/v1/flows', { data: { name: 'pilled', source }, headers: console_ })
  await page.goto('/flows/pilled')
  await page.locator('[data-node="steps.1"]').click()
  const panel = page.getByRole('complementary', { name: 'Set up' })
  const pills = panel.getByRole('list', { name: 'Data in this field' })
  await expect(pills.getByRole('listitem')).toHaveText(['Contact › name', 'look › status', 'steps.look.body.size()'])
  const greeting = field(panel, 'greeting')

  // Beside a piece a key marks all of it; the next one takes it away.
  await greeting.focus()
  await page.keyboard.press('End')
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('Backspace')
  await expect(greeting).toHaveValue(/size\(\)/)
  await page.keyboard.press('Backspace')
  await expect(greeting).toHaveValue('Hello {{ contact.name }}, {{ steps.look.status }} and .')
  await pills.getByRole('button', { name: 'Take out Contact › name' }).focus()
  await page.keyboard.press('Delete')
  await expect(greeting).toHaveValue('Hello, {{ steps.look.status }} and .')
  await expect(greeting).toBeFocused()
  await clean(page, 'pills')
  await saved(page)

  await page.locator('[data-node="steps.0"]').click()
  await panel.getByRole('button', { name: 'Remove step' }).click()
  await page.locator('[data-node="steps.0"]').click()
  await expect(pills.getByRole('listitem')).toHaveClass(/tone-failed/)
  await expect(pills).toContainText('There is no step look any more')
})

test('keys that stand alone can be listed, and switched off', async ({ page }) => {
  await make(page)
  await page.goto('/flows')
  await expect(page.getByRole('heading', { name: 'Flows' })).toBeVisible()
  await page.keyboard.press('/')
  await expect(page.getByRole('textbox', { name: 'Search flows' })).toBeFocused()
  await page.keyboard.type('?n')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await page.getByRole('textbox', { name: 'Search flows' }).blur()
  await page.keyboard.press('?')
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await expect(dialog).toContainText('Go to: Webhooks')
  await clean(page, 'keys')
  await dialog.getByRole('switch').click({ force: true })
  await page.keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)
  await page.keyboard.press('g')
  await page.keyboard.press('w')
  await page.keyboard.press('n')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(page).toHaveURL(/\/flows/)
  await page.evaluate(() => localStorage.removeItem('single-keys-off'))
  await page.keyboard.press('g')
  await page.keyboard.press('w')
  await expect(page).toHaveURL(/\/webhooks$/)
})

test('a field that somebody is in stays what it is until they leave it', async ({ page }) => {
  await page.request.post('/api/v1/session', { data: { demo: true }, headers: console_ })
  const source = `name: typed-in
trigger: { on: manual }
steps:
  - { id: ask, do: whatsapp.send_template, connection: wa, with: { to: "+34600111222", template: verify_purchase, language: es } }
`
  expect((await page.request.put('/api/v1/flows/typed-in', { data: source, headers: { ...console_, 'Content-Type': 'application/yaml' } })).ok()).toBe(true)
  let answer = () => {}
  const asked = new Promise<void>((resolve) => (answer = resolve))
  await page.route('**/connections/wa/options', async (route) => {
    await asked // the provider takes its time to say which places the template has
    await route.continue()
  })
  await page.goto('/flows/typed-in')
  await page.locator('[data-node="steps.0"]').click()
  const panel = page.getByRole('complementary', { name: 'Set up' })
  await panel.getByText(/more fields/).click()
  const values = field(panel, 'Values')
  await values.focus()
  await page.keyboard.type('{{ event')
  const told = page.waitForResponse('**/connections/wa/options')
  answer()
  await told
  await page.keyboard.type('.name }}')
  await expect(values).toHaveValue('{{ event.name }}')
  await field(panel, 'To').focus()
  await expect(field(panel.getByRole('group', { name: 'Values' }), '{{1}}, such as #1042')).toHaveValue('{{ event.name }}')
})

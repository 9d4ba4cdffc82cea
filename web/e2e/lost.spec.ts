import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clean, expect, field, saved, test, type Page } from './world'

// What becomes of somebody's work while the gateway, the network or their session is gone.

const console_ = { 'X-Cordboard-Console': '1' }
const password = 'correct horse battery'

async function draft(page: Page, name: string) {
  const made = await page.request.post('/api/v1/flows', { data: { name, source: `name: ${name}\ntitle: ${name}\ntrigger: { on: manual }\nsteps: []\n` }, headers: console_ })
  expect(made.ok(), await made.text()).toBe(true)
}

async function titled(page: Page, title: string) {
  await page.getByRole('complementary').getByLabel('Title').fill(title)
}

const stored = async (page: Page, name: string) => ((await (await page.request.get(`/api/v1/flows/${name}`)).json()) as { source: string }).source

test('whose session ends while they edit signs in over the page, and loses nothing', async ({ page, browser, person }) => {
  await page.request.post('/api/v1/session', { data: { demo: true }, headers: console_ })
  const { link, id } = (await (await page.request.post('/api/v1/users', { data: { email: person.email, role: 'builder' }, headers: console_ })).json()) as { link: string; id: string }
  await draft(page, 'interrupted')
  const context = await browser.newContext()
  const builder = await context.newPage()
  await builder.goto(link)
  await builder.getByLabel('New password').fill(password)
  await builder.getByRole('button', { name: 'Set password' }).click()
  await expect(builder.getByRole('heading', { name: 'Flows' })).toBeVisible()
  await builder.goto('/flows/interrupted')
  await builder.locator('[data-node="trigger"]').click()
  await titled(builder, 'Before')
  await saved(builder)

  expect((await page.request.delete(`/api/v1/users/${id}/sessions`, { headers: console_ })).ok()).toBe(true)
  await titled(builder, 'While it was over')
  const over = builder.getByRole('dialog', { name: 'Sign in' })
  await expect(over.getByText('Your session has ended')).toBeVisible()
  await expect(field(over, 'E-mail')).toHaveValue(person.email)
  await clean(builder, 'signing in over the page')
  expect(await stored(page, 'interrupted')).not.toContain('While it was over')
  await field(over, 'Password').fill(password)
  await over.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(over).toHaveCount(0)
  await expect(builder.getByRole('complementary').getByLabel('Title')).toHaveValue('While it was over')
  await saved(builder)
  expect(await stored(page, 'interrupted')).toContain('While it was over')
  await context.close()
})

test('offline one is told so, and what was written is saved once the network is back', async ({ page, context }) => {
  await page.request.post('/api/v1/session', { data: { demo: true }, headers: console_ })
  await draft(page, 'offline')
  await page.goto('/flows/offline')
  await page.locator('[data-node="trigger"]').click()
  await context.setOffline(true)
  await expect(page.getByText(/^Cut off from the gateway since/)).toBeVisible()
  await titled(page, 'Written offline')
  await expect(page.locator('[data-saved]')).toHaveAttribute('data-saved', 'failed')
  await context.setOffline(false)
  await saved(page)
  await expect(page.getByText(/^Cut off from the gateway since/)).toHaveCount(0)
  await expect(page.getByRole('complementary').getByLabel('Title')).toHaveValue('Written offline')
  expect(await stored(page, 'offline')).toContain('Written offline')
})

/** gateway starts one of its own, which a test may kill; it resolves when it is ready. */
async function gateway(page: Page, dir: string, at: string): Promise<ChildProcess> {
  const env = { ...process.env, CORDBOARD_ADMIN_PASSWORD: password }
  const flags = [`--addr=${at}`, '--hooks-addr=127.0.0.1:8181', `--data-dir=${dir}`, `--plugin-dir=${dir}`, '--admin-email=owner@example.com', '--log-level=error']
  const child = spawn(join(import.meta.dirname, '../../bin/cordboard'), ['serve', ...flags], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  await expect.poll(async () => (await page.request.get(`http://${at}/readyz`).catch(() => undefined))?.ok()).toBe(true)
  return child
}

test.describe('a gateway of its own', () => {
  test.use({ baseURL: 'http://127.0.0.1:8180' })

  test('is killed while somebody edits, and they lose nothing', async ({ page }) => {
    test.slow()
    const dir = mkdtempSync(join(tmpdir(), 'cordboard-e2e-'))
    let running = await gateway(page, dir, '127.0.0.1:8180')
    try {
      expect((await page.request.post('/api/v1/session', { data: { email: 'owner@example.com', password }, headers: console_ })).ok()).toBe(true)
      await draft(page, 'killed')
      await page.goto('/flows/killed')
      await page.locator('[data-node="trigger"]').click()
      const ended = new Promise((resolve) => running.once('exit', resolve))
      running.kill('SIGKILL')
      await ended
      await titled(page, 'Written meanwhile')
      await expect(page.locator('[data-saved]')).toHaveAttribute('data-saved', 'failed')
      await expect(page.getByText(/^Cut off from the gateway since/)).toBeVisible()
      await clean(page, 'cut off')

      running = await gateway(page, dir, '127.0.0.1:8180')
      await saved(page)
      await expect(page.getByText(/^Cut off from the gateway since/)).toHaveCount(0)
      expect(await stored(page, 'killed')).toContain('Written meanwhile')
      await page.reload()
      await expect(page.getByRole('heading', { name: 'Written meanwhile' })).toBeVisible()
    } finally {
      running.kill('SIGTERM')
    }
  })
})

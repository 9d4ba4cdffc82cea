import type { Page } from '@playwright/test'
import { createHmac } from 'node:crypto'
import { choose, clean, expect, field, saved, test } from './world'

const header = { 'X-Cordboard-Console': '1' }

async function demo(page: Page) {
  expect((await page.request.post('/api/v1/session', { data: { demo: true }, headers: header })).ok()).toBe(true)
}

async function apply(page: Page, name: string, source: string) {
  const answer = await page.request.put(`/api/v1/flows/${name}`, { data: source, headers: { ...header, 'Content-Type': 'application/yaml' } })
  expect(answer.ok(), await answer.text()).toBe(true)
}

/** codeOf is what an authenticator shows for a secret, so many steps of 30 s from now. */
function codeOf(secret: string, ahead = 0): string {
  let bits = ''
  for (const c of secret.replace(/[\s=]/g, '')) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((b) => parseInt(b, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead))
  const mac = createHmac('sha1', key).update(counter).digest()
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

test('a second factor is switched on, and signing in takes a code', async ({ page, browser, person }) => {
  await demo(page)
  const invited = await page.request.post('/api/v1/users', { data: { email: person.email, role: 'viewer' }, headers: header })
  const { link } = (await invited.json()) as { link: string }
  const context = await browser.newContext()
  const viewer = await context.newPage()
  await viewer.goto(link)
  await viewer.getByLabel('New password').fill('correct horse battery')
  await viewer.getByRole('button', { name: 'Set password' }).click()
  await expect(viewer.getByRole('heading', { name: 'Flows' })).toBeVisible()
  await viewer.goto('/settings')
  const set = viewer.getByRole('button', { name: 'Set up' })
  const form = viewer.locator('form').filter({ has: set })
  await form.getByLabel('Your password now').fill('a wrong password')
  await set.click()
  await expect(form.getByRole('textbox').first()).toHaveAttribute('aria-invalid', 'true')
  await form.getByLabel('Your password now').fill('correct horse battery')
  await set.click()
  await expect(viewer.getByRole('img', { name: /QR|code/i })).toBeVisible()
  await clean(viewer, 'the code to scan')
  const secret = (await viewer.locator('.copy > span').first().textContent())!
  await field(viewer, /code/i).fill(codeOf(secret))
  await viewer.locator('form').filter({ has: viewer.getByRole('img') }).getByRole('button').last().click()
  await expect(viewer.locator('ul.mono li').first()).toBeVisible()
  await clean(viewer, 'recovery codes')

  await viewer.getByRole('button', { name: person.email.split('@')[0], exact: true }).click()
  await viewer.getByRole('menuitem', { name: 'Sign out' }).click()
  await viewer.getByLabel('E-mail').fill(person.email)
  await field(viewer, 'Password').fill('correct horse battery')
  await viewer.getByRole('button', { name: 'Sign in', exact: true }).click()
  await clean(viewer, 'signing in with a code')
  // A code counts once: the one that switched it on is used up.
  await field(viewer, /code/i).fill(codeOf(secret, 1))
  await viewer.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(viewer.getByRole('heading', { name: 'Dashboard' })).toBeVisible()
  await context.close()
})

test('failed runs are retried together from the list', async ({ page, request }) => {
  await demo(page)
  await apply(page, 'many-fail', `name: many-fail
trigger: { on: manual }
contact: { email: "{{ event.email }}" }
steps:
  - { id: tag, do: activecampaign.add_tag, connection: crm, with: { email: "{{ contact.email }}", tag: vip } }
`)
  await request.post('http://127.0.0.1:8090/sandbox/activecampaign/fail', { data: { status: 422, times: 3 } })
  for (const n of [1, 2, 3]) await page.request.post('/api/v1/flows/many-fail/start', { data: { data: { email: `many${n}@example.com` } }, headers: header })
  await page.goto('/runs?flow=many-fail&status=failed')
  const table = page.getByRole('table')
  await expect(table.getByRole('row')).toHaveCount(4)
  await table.getByRole('checkbox').nth(1).check()
  await table.getByRole('checkbox').nth(2).check()
  await expect(page.getByText('2 runs chosen')).toBeVisible()
  await page.getByRole('button', { name: 'Actions' }).click()
  await page.getByRole('menuitem', { name: 'Retry the failed step' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByText('It would be done to 2 runs.')).toBeVisible()
  await clean(page, 'what a repair would do')
  await dialog.getByRole('button', { name: 'Retry the failed step' }).click()
  await expect(dialog.getByRole('row')).toHaveCount(2)
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await expect(table.getByRole('row')).toHaveCount(2)
})

test('a run that waits takes the new limit of the version that is published', async ({ page, person }) => {
  await demo(page)
  await person.greets()
  await apply(page, 'limits', `name: limits
title: Limits
trigger: { on: manual }
contact: { phone: "{{ event.phone }}" }
steps:
  - { id: ask, do: whatsapp.send_text, connection: wa, with: { to: "{{ contact.phone }}", text: "Ready?" } }
  - id: answer
    customer_response: { within: 5h }
    default: []
    no_response: []
`)
  await page.request.post('/api/v1/flows/limits/start', { data: { data: { phone: person.phone } }, headers: header })
  await page.goto('/runs?flow=limits&status=waiting')
  await page.getByRole('link', { name: /^limits/i }).click()
  await expect(page.getByText(/[45] hr.* left/).first()).toBeVisible()
  await page.goto('/flows/limits')
  await page.locator('[data-node="steps.1"]').click()
  await page.getByRole('complementary').getByLabel('Wait at most').fill('9')
  await saved(page)
  await page.getByRole('button', { name: 'Publish' }).click()
  const publish = page.getByRole('dialog', { name: 'Publish' })
  await expect(publish).toContainText('1 run is under way')
  await publish.getByRole('radio', { name: 'Give them the new limits' }).check()
  await expect(publish.getByText('It would be done to 1 run.')).toBeVisible()
  await clean(page, 'publishing with runs under way')
  await publish.getByRole('button', { name: 'Publish now' }).click()
  await expect(page.getByText('Version 2 is live.')).toBeVisible()
  await page.goto('/runs?flow=limits&status=waiting')
  await page.getByRole('link', { name: /^limits/i }).click()
  await expect(page.getByText(/[89] hr.* left/).first()).toBeVisible()
})

test('a contact who is put on a list starts a flow', async ({ page, person }) => {
  await demo(page)
  await page.request.put('/api/v1/lists/e2e-vip', { data: { title: 'Best customers' }, headers: header })
  await apply(page, 'welcome-vip', `name: welcome-vip
trigger: { on: contact.list_added, with: { list: e2e-vip } }
steps:
  - { id: greeted, contact: { add_tags: [welcomed] } }
`)
  await page.request.post('/api/v1/contacts', { data: { phone: person.phone, name: 'Vera' }, headers: header })
  await page.goto(`/contacts?search=${encodeURIComponent(person.phone)}`)
  await page.getByRole('table').getByRole('link').first().click()
  await page.getByRole('button', { name: 'Change', exact: true }).click()
  await choose(page.getByRole('dialog'), /Lists/, /e2e-vip|Best customers/)
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').getByRole('button', { name: /Save|Change/ }).last().click()
  await expect(page.getByText('welcomed').first()).toBeVisible()
  await page.goto('/runs?flow=welcome-vip')
  await expect(page.getByRole('table').getByText('Succeeded')).toBeVisible()
})

test('a loop is built by mouse, helped with its expressions, and tested on the bench', async ({ page }) => {
  await page.goto('/flows')
  await page.getByRole('button', { name: 'New flow' }).click()
  await page.getByRole('dialog').getByLabel('Title').fill('Loop by mouse')
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
  await page.locator('[data-node="trigger"]').click()
  const panel = page.getByRole('complementary')
  await choose(panel, 'What starts the flow', 'A webhook')
  await page.locator('[data-insert="steps.0"]').click()
  await page.getByRole('dialog').getByRole('textbox').fill('for each')
  await page.getByRole('dialog').getByRole('button', { name: 'For each' }).first().click()
  const list = field(panel, /^List/)
  await list.fill('')
  await list.pressSequentially('event.bo')
  await panel.getByRole('option', { name: /event\.body/ }).click()
  await expect(list).toHaveValue('event.body')
  await list.press('End')
  await list.pressSequentially('.skus')
  await expect(panel.getByText(/With the sample this fails/)).toBeVisible()
  await list.fill('["a", "b"]')
  await expect(panel.getByText('["a","b"]')).toBeVisible()
  await clean(page, 'an expression with its value')
  await field(panel, 'Name of the item').fill('sku')
  await page.locator('[data-insert="steps.0.steps.0"]').click()
  await page.getByRole('dialog').getByRole('textbox').fill('set')
  await page.keyboard.press('Enter')
  await field(panel, /new variable/i).fill('last')
  await panel.getByRole('button', { name: 'Add', exact: true }).click()
  await field(panel, 'last').fill('{{ sk')
  await field(panel, 'last').press('Enter')
  await field(panel, 'last').press('End')
  await field(panel, 'last').pressSequentially(' }}')
  await expect(field(panel, 'last')).toHaveValue('{{ sku }}')
  await saved(page)
  await page.getByRole('button', { name: 'Test', exact: true }).click()
  const bench = page.getByRole('complementary', { name: 'Test' })
  await bench.getByRole('button', { name: 'Play' }).click()
  await expect(bench.getByText('Succeeded')).toBeVisible()
  await expect(bench.getByText('#2')).toBeVisible()
})

import { clean, expect, field, test } from './world'

// Who signed in a while ago proves that it is still them before what matters, and goes on where they were.

const headers = { 'X-Cordboard-Console': '1' }
const password = 'correct horse battery'

test('a proof is asked for over the page, and the action goes on', async ({ page, browser, person }) => {
  await page.request.post('/api/v1/session', { data: { demo: true }, headers })
  const { link } = (await (await page.request.post('/api/v1/users', { data: { email: person.email, role: 'admin' }, headers })).json()) as { link: string }
  const context = await browser.newContext()
  const admin = await context.newPage()
  await admin.goto(link)
  await admin.getByLabel('New password').fill(password)
  await admin.getByRole('button', { name: 'Set password' }).click()
  await expect(admin.getByRole('heading', { name: 'Flows' })).toBeVisible()
  // A quarter of an hour is too long for a test: the first answers are those that come after it.
  let refusals = 0
  await admin.route('**/api/v1/tokens', async (route) => {
    if (route.request().method() !== 'POST' || refusals > 1) return route.continue()
    refusals++
    await route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify({ type: 'urn:cordboard:proof-needed', title: 'Forbidden', status: 403, detail: 'You signed in a while ago.' }) })
  })
  await admin.goto('/settings')
  await admin.getByRole('tab', { name: 'API tokens' }).click()
  await admin.getByRole('button', { name: 'New token' }).first().click()
  const making = admin.getByRole('dialog', { name: 'New token' })
  await field(making, 'Where it is used').fill('after a proof')
  await making.getByRole('button', { name: 'New token' }).click()

  const over = admin.getByRole('dialog', { name: 'Is it still you?' })
  await expect(over.getByText(person.email)).toBeVisible()
  await clean(admin, 'asking for a proof')
  await over.getByRole('button', { name: 'Cancel' }).click()
  await expect(making.getByText('You signed in a while ago.')).toBeVisible()
  await expect(field(making, 'Where it is used')).toHaveValue('after a proof')

  await making.getByRole('button', { name: 'New token' }).click()
  await field(over, 'Password').fill('wrong')
  await over.getByRole('button', { name: 'Go on', exact: true }).click()
  await expect(over.getByText('is not your password')).toBeVisible()
  await field(over, 'Password').fill(password)
  const cookies = async () => (await context.cookies()).map((c) => c.value).join()
  const before = await cookies()
  await over.getByRole('button', { name: 'Go on', exact: true }).click()
  await expect(over).toHaveCount(0)
  await expect(making.getByText(/^cb_/)).toBeVisible()
  expect(await cookies()).not.toBe(before)
  const { items } = (await (await admin.request.get('/api/v1/tokens')).json()) as { items: { name: string }[] }
  expect(items.filter((k) => k.name === 'after a proof')).toHaveLength(1)
  await context.close()
})

test("the demo's visitor, who has no password, only says that it is them", async ({ page }) => {
  let refusals = 0
  await page.route('**/api/v1/tokens', async (route) => {
    if (route.request().method() !== 'POST' || refusals > 0) return route.continue()
    refusals++
    await route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify({ type: 'urn:cordboard:proof-needed', title: 'Forbidden', status: 403, detail: 'You signed in a while ago.' }) })
  })
  await page.goto('/settings')
  await page.getByRole('tab', { name: 'API tokens' }).click()
  await page.getByRole('button', { name: 'New token' }).first().click()
  const making = page.getByRole('dialog', { name: 'New token' })
  await field(making, 'Where it is used').fill('by the visitor')
  await making.getByRole('button', { name: 'New token' }).click()
  const over = page.getByRole('dialog', { name: 'Is it still you?' })
  await expect(over.getByRole('textbox')).toHaveCount(0)
  await over.getByRole('button', { name: 'Go on as the demo’s visitor' }).click()
  await expect(making.getByText(/^cb_/)).toBeVisible()
})

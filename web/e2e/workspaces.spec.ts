import { clean, expect, field, test } from './world'

// One person in several workspaces: what is in one is not in another, and a page stays where it is.

const headers = { 'X-Cordboard-Console': '1' }

test('the owner makes a workspace, goes there and back, and lets in somebody who is known', async ({ page, context, person }) => {
  await page.request.post('/api/v1/session', { data: { demo: true }, headers })
  const name = `shop ${person.phone}`
  expect((await page.request.post('/api/v1/users', { data: { email: person.email, role: 'viewer' }, headers })).ok()).toBe(true)
  const { title } = (await (await page.request.get('/api/v1/flows/verify-product-x')).json()) as { title: string }
  await page.goto('/flows')
  await expect(page.getByText(title).first()).toBeVisible()
  await page.getByRole('button', { name: /^Workspace default/ }).click()
  await page.getByRole('menuitem', { name: 'New workspace' }).click()
  const making = page.getByRole('dialog', { name: 'New workspace' })
  await field(making, 'Name of the workspace').fill(name)
  await clean(page, 'making a workspace')
  await making.getByRole('button', { name: 'Make it' }).click()
  const here = page.getByRole('button', { name: `Workspace ${name}: go to another` })
  await expect(here).toBeVisible()
  await page.goto('/flows')
  await expect(here).toBeVisible()
  await expect(page.getByRole('heading', { name: 'Flows' })).toBeVisible()
  await expect(page.getByText(title)).toHaveCount(0)

  await page.goto('/settings')
  await page.getByRole('button', { name: 'Invite' }).click()
  const inviting = page.getByRole('dialog', { name: 'Invite' })
  await field(inviting, 'E-mail').fill(person.email)
  await inviting.getByRole('button', { name: 'Invite' }).click()
  await expect(page.getByText('has an account already')).toBeVisible()
  await page.keyboard.press('Escape')

  // Another tab goes back: this one does nothing over there.
  const other = await context.newPage()
  await other.goto('/flows')
  await expect(other.getByRole('heading', { name: 'Flows' })).toBeVisible()
  await other.getByRole('button', { name: `Workspace ${name}: go to another` }).click()
  await other.getByRole('menuitem', { name: 'default' }).click()
  await expect(other.getByRole('button', { name: /^Workspace default/ })).toBeVisible()
  await page.getByRole('button', { name: 'Invite' }).click()
  await field(inviting, 'E-mail').fill(`not.${person.email}`)
  await inviting.getByRole('button', { name: 'Invite' }).click()
  await expect(inviting.getByText('another workspace in another tab')).toBeVisible()
})

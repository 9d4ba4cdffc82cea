import { choose, clean, expect, saved, test } from './world'

test('a trigger is narrowed by what the provider has, and the connection shows what it is asked for', async ({ page }) => {
  await page.goto('/flows')
  await page.getByRole('button', { name: 'New flow' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Title').fill('Of one list')
  await dialog.getByRole('button', { name: 'Create' }).click()
  const panel = page.getByRole('complementary')
  await page.locator('[data-node="trigger"]').click()
  await choose(panel, 'What starts the flow', 'Contact subscribed')
  const list = panel.getByRole('combobox', { name: 'List' })
  await expect(async () => {
    if (!(await list.isVisible())) await panel.getByText(/more field/).click()
    await expect(list).toBeVisible({ timeout: 1_000 })
  }).toPass()
  await choose(panel, 'List', /Newsletter/)
  await expect(list).toHaveValue('2')
  await saved(page)
  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)

  await page.goto('/connections')
  await expect(page.getByRole('region', { name: 'crm' }).getByText('list_id: 2')).toBeVisible()
})

test('a connector that asks to dial by itself says so, and an administrator lets it', async ({ page }) => {
  let direct = false
  const asked: unknown[] = []
  await page.route('**/api/v1/connectors', async (route) => {
    const answer = await route.fetch()
    const body = (await answer.json()) as { items: { name: string; direct?: boolean; manifest: { direct?: string } }[] }
    for (const c of body.items.filter((one) => one.name === 'shopify')) {
      c.manifest.direct = 'Speaks SMTP to its server.'
      c.direct = direct
    }
    await route.fulfill({ response: answer, json: body })
  })
  await page.route('**/api/v1/connectors/shopify/direct', async (route) => {
    asked.push(route.request().postDataJSON())
    direct = true
    await route.fulfill({ json: {} })
  })
  await page.goto('/connectors')
  const card = page.locator('details').filter({ hasText: 'Shopify' }).first()
  await card.locator('summary').first().click()
  await expect(card.getByText('It asks to dial by itself')).toBeVisible()
  await expect(card.getByText('Speaks SMTP to its server.')).toBeVisible()
  await clean(page, 'a connector that asks to dial')
  await card.getByRole('switch', { name: 'Let it dial by itself' }).click()
  await expect(card.getByText('It dials by itself')).toBeVisible()
  expect(asked).toEqual([{ allowed: true }])
})

import { readFileSync } from 'node:fs'
import { choose, clean, expect, test } from './world'

const console_ = { 'X-Cordboard-Console': '1' }

test('the audit log says who changed what, before and after, and is narrowed and exported', async ({ page }) => {
  await page.request.post('/api/v1/session', { data: { demo: true }, headers: console_ })
  await page.request.post('/api/v1/flows', { data: { name: 'audited', source: 'name: audited\n' }, headers: console_ })
  await page.request.patch('/api/v1/flows/audited', { data: { tags: ['=1+1'] }, headers: console_ })
  await page.goto('/settings')
  await page.getByRole('tab', { name: 'Audit log' }).click()
  const entry = page.getByRole('row').filter({ hasText: 'Flow: tags and archive' }).filter({ hasText: 'audited' }).first()
  await expect(entry).toContainText('Demo')
  await expect(entry.locator('del')).toHaveText('null')
  await expect(entry.locator('ins')).toHaveText('["=1+1"]')
  await clean(page, 'audit')

  await entry.getByRole('button', { name: 'Only what was done to audited' }).click()
  await expect(page).toHaveURL(/tab=audit.*resource=flow_/)
  await expect(page.getByRole('row')).toHaveCount(3) // the head, tagging and making
  await choose(page, 'What', 'Flow: create')
  await expect(page.getByRole('row')).toHaveCount(2)
  await page.reload()
  await expect(page.getByRole('row')).toHaveCount(2)

  await page.getByRole('button', { name: 'Export' }).click()
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'CSV' }).click()])
  const lines = readFileSync(await download.path(), 'utf8').trim().split('\r\n')
  expect(lines).toHaveLength(2)
  expect(lines[1]).toMatch(/flow\.create/)
  await choose(page, 'What', 'Contact: erase')
  await expect(page.getByText('Nothing matches these filters.')).toBeVisible()
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await page.getByRole('link', { name: 'audited' }).first().click()
  await expect(page).toHaveURL(/\/flows\/audited$/)
})

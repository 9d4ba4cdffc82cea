import type { Page } from '@playwright/test'
import { choose, clean, expect, field, test } from './world'

const cloud = 'http://127.0.0.1:8090/cloud'

/** consents presses a button of the card and allows what the provider's page asks in the window that opens. */
async function consents(page: Page, button: string) {
  const opened = page.context().waitForEvent('page')
  await page.getByRole('region', { name: 'my-cloud' }).getByRole('button', { name: button, exact: true }).click()
  const provider = await opened
  await expect(page.getByText(/Consent on the provider’s page/)).toBeVisible()
  await provider.getByRole('button', { name: 'Allow' }).click()
  await expect(provider.getByRole('heading', { name: 'my-cloud is connected. You can close this window.' })).toBeVisible()
  await clean(provider, 'the page after the consent')
  await provider.close()
}

test('a connection is connected by consent, changed, lost and reconnected', async ({ page, request }) => {
  await page.goto('/connections')
  await page.getByRole('button', { name: 'New connection' }).click()
  const dialog = page.getByRole('dialog')
  await choose(dialog, 'Connector', 'Cloud')
  await field(dialog, 'Name').fill('my-cloud')
  await expect(dialog.getByText('http://127.0.0.1:8080/oauth/callback')).toBeVisible()
  await field(dialog, 'Client ID').fill('demo-cloud-client')
  await field(dialog, 'Client secret').fill('demo-cloud-secret')
  await field(dialog, 'Address').fill(cloud)
  await dialog.getByRole('button', { name: 'Connect' }).click()

  const card = page.getByRole('region', { name: 'my-cloud' })
  await expect(card.getByText('Not connected yet')).toBeVisible()
  await consents(page, 'Connect')
  await expect(card.getByText('Healthy')).toBeVisible()
  await card.getByRole('button', { name: 'Test' }).click()
  await expect(card.getByText(/It works: Ana’s notes/)).toBeVisible()

  await card.getByRole('button', { name: 'Settings' }).click()
  await expect(field(dialog, 'Client secret')).toHaveValue('')
  await expect(field(dialog, 'Address')).toHaveValue(cloud)
  await clean(page, 'the settings of a connection')
  await field(dialog, 'Address').fill('http://127.0.0.1:8090/nowhere')
  await dialog.getByRole('button', { name: 'Save and test' }).click()
  await expect(card.getByText('Not connected yet')).toBeVisible() // what the cloud gave is not for nowhere
  await card.getByRole('button', { name: 'Settings' }).click()
  await field(dialog, 'Address').fill(cloud)
  await dialog.getByRole('button', { name: 'Save and test' }).click()
  await expect(dialog).toBeHidden()
  await consents(page, 'Connect')
  await expect(card.getByText('Healthy')).toBeVisible()
  await card.getByRole('button', { name: 'Settings' }).click()
  await dialog.getByRole('button', { name: 'Save and test' }).click()
  await expect(page.getByText('my-cloud is changed, and works.')).toBeVisible()

  expect((await request.post('http://127.0.0.1:8090/sandbox/cloud/revoke', { data: {} })).ok()).toBe(true)
  await card.getByRole('button', { name: 'Test' }).click()
  await expect(card.getByText('Needs to be reconnected')).toBeVisible()
  await expect(card.getByText(/Press Reconnect and consent again/)).toBeVisible()
  await clean(page, 'a connection that needs to be reconnected')
  await consents(page, 'Reconnect')
  await expect(card.getByText('Healthy')).toBeVisible()
  await card.getByRole('button', { name: 'Test' }).click()
  await expect(card.getByText(/It works: Ana’s notes/)).toBeVisible()
  const seen = await page.content()
  for (const secret of ['cloud_access_', 'cloud_refresh_', 'demo-cloud-secret']) expect(seen).not.toContain(secret)
})

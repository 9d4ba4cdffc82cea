import { expect, test } from './world'

test('a run shows itself without being asked for', async ({ page, person }) => {
  await person.greets()
  await page.clock.install() // the page's own timers stand still, so that nothing is read again by them
  const listening = page.waitForResponse((r) => r.url().endsWith('/api/v1/stream'))
  await page.goto('/runs?flow=verify-product-x&status=waiting')
  await page.clock.runFor(1_000)
  await listening
  const arrived = page.getByRole('button', { name: /new runs?$/ })
  const row = page.locator(`a[href="/contacts/${await person.contact()}"]`)
  await expect(page.getByRole('heading', { name: 'Runs' })).toBeVisible()
  await person.pays(632910392)
  for (let passed = 0; passed < 28 && (await arrived.count()) + (await row.count()) === 0; passed++) {
    await page.waitForTimeout(300)
    await page.clock.runFor(450) // what was gathered is read; lists are read again by themselves after 15 s
  }
  if ((await arrived.count()) > 0) await arrived.click() // an empty list shows the first ones by itself
  await expect(row).toBeVisible()
})

test('what is known of a contact is changed', async ({ page, person }) => {
  await person.greets()
  await page.goto('/contacts')
  await page.getByLabel('Search by name, phone, e-mail or id').fill(person.phone)
  await expect(page).toHaveURL(/search=/) // what is typed is looked for a moment later
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(2)
  await page.getByRole('table').getByRole('link').click()
  await page.getByRole('button', { name: 'Change', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Tags').fill('vip')
  await dialog.getByLabel('Tags').press('Enter')
  await dialog.getByLabel('Time zone').fill('Madrid')
  await dialog.getByRole('button', { name: 'Change', exact: true }).click()
  await expect(dialog.getByText('is no time zone')).toBeVisible()
  await dialog.getByLabel('Time zone').fill('Europe/Madrid')
  await dialog.getByRole('button', { name: 'Change', exact: true }).click()
  await expect(page.getByText('The contact is changed.')).toBeVisible()
  await expect(page.getByText('vip', { exact: true })).toBeVisible()

  const exported = await page.request.get((await page.getByRole('link', { name: 'Export' }).getAttribute('href')) ?? '')
  expect(await exported.text()).toContain(person.phone)
  await page.getByRole('button', { name: 'Erase' }).click()
  await dialog.getByLabel(/^Type/).fill(person.phone)
  await dialog.getByRole('button', { name: 'Erase' }).click()
  await expect(page.getByText('The contact is erased.')).toBeVisible()
  await expect(page.getByText(person.phone)).toHaveCount(0)
})

test('a workspace chooses how long things are kept, and is warned before it keeps less', async ({ page }) => {
  await page.goto('/settings')
  await page.getByRole('tab', { name: 'Retention' }).click()
  const messages = page.getByLabel('Messages')
  await expect(messages).toHaveAttribute('placeholder', '30 days, as the installation says')
  await page.getByLabel('Runs').fill('400')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('It is saved.')).toBeVisible()

  await messages.fill('3')
  await page.getByRole('button', { name: 'Save' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByText('Messages: 3 days')).toBeVisible()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog.getByText('3 days is not between 7 and 3650')).toBeVisible()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await messages.fill('7')
  await page.getByRole('button', { name: 'Save' }).click()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog).toHaveCount(0)

  await page.reload()
  await page.getByRole('tab', { name: 'Retention' }).click()
  await expect(messages).toHaveValue('7')
  await expect(page.getByLabel('Runs')).toHaveValue('400')
  await messages.fill('')
  await page.getByLabel('Runs').fill('')
  await page.getByRole('button', { name: 'Save' }).click()
  await dialog.getByRole('button', { name: 'Save' }).click() // the runs are kept for less again
  await expect(dialog).toHaveCount(0)
})

test('business hours are kept, and a question counts by them', async ({ page }) => {
  await page.goto('/settings')
  await page.getByRole('tab', { name: 'Calendars' }).click()
  await page.getByRole('button', { name: 'New calendar' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('office')
  await dialog.getByLabel('Monday').fill('9-18')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog.getByText('write 09:00-14:00').first()).toBeVisible()
  await dialog.getByLabel('Monday').fill('09:00-14:00, 16:00-19:00')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('The calendar is saved.')).toBeVisible()
  await expect(page.getByRole('cell', { name: /Monday 09:00-14:00, 16:00-19:00/ })).toBeVisible()

  await page.goto('/flows/verify-product-x')
  await page.locator('[data-node="steps.0.then.1"]').click()
  await page.getByRole('combobox', { name: 'Count only the hours of' }).click()
  await page.getByRole('option', { name: 'office' }).click()
  await page.getByText('More about the wait').click()
  await expect(page.getByText('No problems')).toBeVisible()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByRole('combobox', { name: 'Count only the hours of' })).toHaveValue('')
})

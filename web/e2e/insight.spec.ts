import { clean, expect, test } from './world'

test('the dashboard says what goes on, and each figure leads on', async ({ page, person }) => {
  await person.greets()
  await person.pays(632910392)
  await page.goto('/')
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible()
  await expect(page.getByText('Nothing needs attention')).toBeVisible()
  const due = page.getByRole('region', { name: 'Questions that end first' })
  await expect(due.getByRole('listitem').first()).toContainText('Verify the purchase of product X')
  await expect(due.getByText(/left$/).first()).toBeVisible()

  // The chart has its values as a table.
  const runs = page.getByRole('region', { name: 'Runs by outcome' })
  await expect(runs.getByRole('img')).toHaveAccessibleName(/Going on [1-9]/)
  await runs.getByRole('button', { name: 'Show as table' }).click()
  await expect(runs.getByRole('row')).toHaveCount(8)
  await page.getByText('24 hours', { exact: true }).click()
  await expect(page).toHaveURL(/period=day/)
  await expect(runs.getByRole('row')).toHaveCount(25)
  await clean(page, 'dashboard with a table')
  await page.getByText('1 hour', { exact: true }).click()
  await expect(runs.getByRole('row')).toHaveCount(13)

  // Any days, of which the last belongs to it.
  await page.getByText('Other', { exact: true }).click()
  await page.getByLabel('From', { exact: true }).fill('2026-03-01')
  await expect(page).toHaveURL(/since=2026-03-01&until=2026-03-14/) // as long as before
  await page.getByLabel('To', { exact: true }).fill('2026-03-10')
  await expect(page).toHaveURL(/since=2026-03-01&until=2026-03-10/)
  await expect(runs.getByRole('row')).toHaveCount(11)
  const took = page.getByRole('region', { name: 'How long runs take' })
  await expect(took.getByText('Nothing happened in this time.')).toBeVisible()
  await clean(page, 'dashboard of some days')

  await due.getByRole('link').nth(1).click() // behind "Show all"
  await expect(page.getByText('Waiting for the customer’s answer')).toBeVisible()
})

test('what fails stands on the dashboard, two clicks from its cause', async ({ page, person, request }) => {
  const header = { 'X-Cordboard-Console': '1' }
  await page.request.post('/api/v1/session', { data: { demo: true }, headers: header })
  const source = `name: breaks
title: Breaks
trigger: { on: manual }
contact: { email: "{{ event.email }}" }
steps:
  - { id: tag, do: activecampaign.add_tag, connection: crm, with: { email: "{{ contact.email }}", tag: vip } }
`
  await page.request.put('/api/v1/flows/breaks', { data: source, headers: { ...header, 'Content-Type': 'application/yaml' } })
  await request.post('http://127.0.0.1:8090/sandbox/activecampaign/fail', { data: { status: 422, times: 1 } })
  await page.request.post('/api/v1/flows/breaks/start', { data: { data: { email: person.email } }, headers: header })
  await page.goto('/')
  const failing = page.getByRole('region', { name: 'Failed in the last 24 hours' })
  await failing.getByRole('link', { name: 'Newest failed run of Breaks' }).click()
  await expect(page.getByText('trying again does not help').first()).toBeVisible()
})

test('how people answer, and what another limit would have changed', async ({ page, person }) => {
  await person.greets()
  await person.pays(632910392)
  await page.goto('/runs?flow=verify-product-x&status=waiting')
  await expect(page.getByRole('link', { name: 'verify-product-x' }).first()).toBeVisible()
  await person.says('yes')
  await page.goto('/insight?flow=verify-product-x')
  const question = page.getByRole('region', { name: 'Verify the purchase of product X, answer' })
  await expect(question.getByText('Reply rate')).toBeVisible()
  const limit = question.getByRole('slider')
  await expect(limit).toHaveAccessibleName(/Limit to try/)
  await expect(limit).toHaveAttribute('aria-valuetext', '1 min')
  await expect(question.getByRole('status')).toContainText('With the limit of 1 min as it is')
  await limit.focus()
  await page.keyboard.press('End')
  await expect(question.getByRole('status')).toContainText('instead of 1 min')
  await expect(question.getByRole('status')).toContainText('later')
  await page.keyboard.press('Home')
  await expect(question.getByRole('status')).toContainText('sooner')
  await question.getByRole('button', { name: 'Show as table' }).click()
  await expect(question.getByRole('cell', { name: '95%', exact: true })).toBeVisible()
})

test('a contact is found, and their journey tells what became of each message', async ({ page, person }) => {
  await person.greets()
  await person.pays(632910392)
  await page.goto('/contacts')
  const search = page.getByRole('searchbox', { name: /Search by name/ })
  await search.fill('nobody-of-that-name')
  await expect(page.getByText('No contact matches.')).toBeVisible()
  await search.fill(person.phone.replace(/^\+34(...)(...)/, '$1 $2 '))
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(2)
  await expect(page).toHaveURL(/search=/)
  await page.getByRole('table').getByRole('link').click()

  const journey = page.getByRole('region', { name: 'Journey' })
  await expect(journey.getByText('No question was open and no flow starts on it.').first()).toBeVisible()
  await expect(page.getByRole('region', { name: 'Open questions' }).getByText(/left$/).first()).toBeVisible() // other tests may have published flows that ask too
  await person.says('yes, I did')
  await expect(journey.getByText('yes, I did')).toBeVisible()
  await expect(journey.getByText(/A question to the contact was open here|It quotes the question/)).toBeVisible()
  await expect(journey.getByText(/by the reply/).first()).toBeVisible()
  await clean(page, 'journey')
  await journey.getByText('Questions', { exact: true }).click()
  await expect(journey.getByText('yes, I did')).toHaveCount(0)
  await expect(page).toHaveURL(/only=wait/)
  await journey.getByRole('link', { name: 'answer' }).first().click()
  await expect(page.getByRole('tab', { name: 'Timeline' })).toBeVisible()
})

test('Ctrl-K goes anywhere by the keyboard alone', async ({ page, person }) => {
  await person.greets()
  await page.goto('/flows/verify-product-x')
  await page.getByText('YAML', { exact: true }).click()
  await page.locator('.cm-content').click() // an editor does not keep the keys to itself
  await page.keyboard.press('Control+k')
  const field = page.getByRole('combobox', { name: 'Search and go' })
  await expect(field).toBeFocused()
  await clean(page, 'palette')
  await page.keyboard.type('connec')
  await expect(page.getByRole('option', { selected: true })).toHaveText('Connections')
  await page.keyboard.press('ArrowDown')
  await expect(page.getByRole('option', { selected: true })).toHaveText('Connectors')
  await expect(field).toHaveAttribute('aria-activedescendant', (await page.getByRole('option', { selected: true }).getAttribute('id'))!)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: 'Connectors' })).toBeVisible()

  await page.keyboard.press('Control+k')
  await field.fill(person.phone)
  await expect(page.getByRole('group', { name: 'Contacts' }).getByRole('option')).toHaveCount(1)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: 'Journey' })).toBeVisible()
  const id = new URL(page.url()).pathname.split('/').pop()!

  await page.keyboard.press('Control+k')
  await field.fill('xyzzy')
  await expect(page.getByText('Nothing fits “xyzzy”.')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(field).toHaveCount(0)
  await page.goto('/')
  await page.getByRole('button', { name: 'Search' }).click()
  await field.fill(` ${id.toLowerCase()} `)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`/contacts/${id}$`))
})

test('a webhook request shows what was sent and what came of it, and is read again', async ({ page, person }) => {
  await person.greets()
  await page.goto('/webhooks')
  await page.getByRole('link', { name: 'In', exact: true }).click()
  await page.getByRole('combobox', { name: 'Connection' }).click()
  await page.getByRole('option', { name: 'wa', exact: true }).click()
  await expect(page).toHaveURL(/connection=con_/)
  const table = page.getByRole('table')
  const request = page.getByRole('dialog')
  const greeting = request.getByRole('link', { name: `hello from ${person.phone}` })
  for (let row = 0; row < 10; row++) {
    // What other tests' messages became may have come in since, and stands above it.
    await table.getByRole('button').nth(row).click()
    await expect(request.getByLabel('Body')).toBeVisible()
    if ((await greeting.count()) > 0) break
    await page.keyboard.press('Escape')
    await expect(request).toBeHidden()
  }
  await expect(greeting).toBeVisible()
  await expect(request.getByText('whatsapp.message')).toBeVisible()
  await expect(request.getByText('No question was open and no flow starts on it.')).toBeVisible()
  await expect(request.getByText('X-Hub-Signature-256')).toBeVisible()
  await expect(request.getByLabel('Body')).toContainText(person.phone.slice(1))
  await clean(page, 'webhook request')
  await request.getByRole('button', { name: 'Read again' }).click()
  await expect(page.getByText('The request is read again.')).toBeVisible()
  await expect(request.getByText('Taken')).toBeVisible()
  // What it brought before did not happen twice.
  await expect(request.getByRole('link', { name: `hello from ${person.phone}` })).toHaveCount(1)
  await page.goto('/webhooks/in?verdict=failed')
  await expect(page.getByText('No request matches these filters.')).toBeVisible()
})

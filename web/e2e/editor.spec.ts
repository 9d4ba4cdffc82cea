import { choose, clean, expect, field, saved, test } from './world'

test('the worked example is built by mouse, tested on both paths, published and run', async ({ page, person }) => {
  await page.goto('/flows')
  await page.getByRole('button', { name: 'New flow' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Title').fill('Verify by mouse')
  await expect(dialog.getByLabel('Name')).toHaveValue('verify-by-mouse')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await expect(page.getByRole('heading', { name: 'Verify by mouse' })).toBeVisible()

  const panel = page.getByRole('complementary')
  const node = (id: string) => page.locator(`[data-node="${id}"]`)
  const add = async (at: string, search: string, entry: string) => {
    const choices = page.getByRole('dialog')
    await expect(async () => {
      await page.locator(`[data-insert="${at}"]`).click() // the view may still be moving after the step before
      await expect(choices).toBeVisible({ timeout: 1_000 })
    }).toPass()
    await choices.getByRole('textbox').fill(search)
    await choices.getByRole('button', { name: entry }).first().click()
    await expect(choices).toHaveCount(0)
  }

  // The trigger, and whom the run is about: the data drawer opens with the field, and inserts by click, drag and Enter.
  await node('trigger').click()
  await choose(panel, 'What starts the flow', 'Order paid')
  await expect(panel.getByRole('combobox', { name: 'Connection' })).toHaveValue('my-shop')
  const data = page.getByRole('region', { name: 'Data' })
  await expect(data).toHaveCount(0)
  await field(panel, 'Phone').click()
  await data.getByLabel('Search data').fill('customer')
  await data.getByRole('treeitem', { name: /event\.customer\.phone/ }).click()
  await expect(field(panel, 'Phone')).toHaveValue('{{ event.customer.phone }}')
  await expect(field(panel, 'Phone')).toBeFocused()
  await field(panel, 'E-mail').click()
  await page.keyboard.press('F4')
  await expect(data.getByLabel('Search data')).toBeFocused()
  await data.getByLabel('Search data').fill('customer.email')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await expect(data.getByRole('treeitem', { name: /event\.customer\.email( |$)/ })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(field(panel, 'E-mail')).toHaveValue('{{ event.customer.email }}')
  await expect(field(panel, 'E-mail')).toBeFocused()
  await field(panel, 'E-mail').fill('')
  await data.getByRole('treeitem', { name: /event\.customer\.email( |$)/ }).dragTo(field(panel, 'E-mail'))
  await expect(field(panel, 'E-mail')).toHaveValue('{{ event.customer.email }}')
  await clean(page, 'the data drawer')
  await data.getByRole('button', { name: 'Close the data' }).click()
  await expect(data).toHaveCount(0)

  // If product X was bought: ask, wait, and take one of two ways.
  await add('steps.0', 'if', 'If')
  await panel.getByLabel('Condition').fill('event.line_items.exists(i, i.product_id == 632910392)')
  await add('steps.0.then.0', 'template', 'Send a template')
  await field(panel, 'To').fill('{{ contact.phone }}')
  await choose(panel, 'Template', /verify_purchase/) // as the provider has them
  await choose(panel, 'Language', /es/)
  await field(panel.getByRole('group', { name: 'Values' }), '{{1}}, such as #1042').fill('{{ event.name }}') // a field for each place that the provider's template has
  await clean(page, 'the places of a template')
  await add('steps.0.then.1', 'customer', 'Customer Response')
  await expect(panel.getByLabel('Wait at most')).toHaveValue('2')
  await add('steps.0.then.1.default.0', 'text', 'Send a text')
  await field(panel, 'To').fill('{{ contact.phone }}')
  await field(panel, 'Text').fill('Here is the guide.')
  await add('steps.0.then.1.no_response.0', 'delay', 'Delay')
  await add('steps.0.then.1.no_response.1', 'template', 'Send a template')
  await field(panel, 'To').fill('{{ contact.phone }}')
  await panel.getByRole('combobox', { name: 'Template' }).fill('reminder')
  await panel.getByRole('combobox', { name: 'Language' }).fill('es')
  await add('steps.0.then.2', 'tag', 'Add a tag')
  await field(panel, 'E-mail').fill('{{ contact.email }}')
  await panel.getByRole('combobox', { name: 'Tag' }).fill("{{ steps.answer.outcome == 'default' ? 'reactive' : 'silent' }}")
  await saved(page)
  await expect(page.getByText('No problems')).toBeVisible()

  // Both paths on the virtual clock.
  await page.getByRole('button', { name: 'Test', exact: true }).click()
  const bench = page.getByRole('complementary', { name: 'Test' })
  await bench.getByRole('button', { name: 'Play' }).click()
  await expect(bench.getByText('→ No response')).toBeVisible()
  await expect(bench.getByTestId('bench-clock')).toContainText('3 hr')
  await expect(bench.getByRole('log')).toContainText('Template reminder')
  await bench.getByRole('slider').focus()
  await page.keyboard.press('Home')
  await expect(bench.getByRole('log')).not.toContainText('Template reminder')
  await expect(node('steps.0.then.1')).toHaveClass(/here/)
  await bench.getByLabel('Answer as the customer').fill('yes')
  await bench.getByRole('button', { name: 'Send the answer' }).click()
  await expect(bench.getByText('→ Default')).toBeVisible()
  await page.keyboard.press('End')

  // Live, and a real order.
  await page.getByRole('button', { name: 'Publish' }).click()
  const publish = page.getByRole('dialog', { name: 'Publish' })
  await expect(publish).toContainText('Nothing is live yet')
  await publish.getByRole('button', { name: 'Publish now' }).click()
  await expect(page.getByText('Version 1 is live.')).toBeVisible()

  await person.greets()
  await person.pays(632910392)
  await page.goto('/runs?flow=verify-by-mouse')
  await expect(page.getByRole('table').getByText('Waiting', { exact: true })).toBeVisible()
  await page.getByRole('link', { name: 'verify-by-mouse' }).click()
  await expect(page.getByText(/left/)).toBeVisible()
  await person.says('yes') // the demo's own flow asks this person too, and the newest question takes an answer
  await person.says('yes')
  await expect(page.getByText('Succeeded', { exact: true })).toBeVisible()
  await page.getByRole('tab', { name: 'Steps' }).click()
  await expect(page.getByText('→ Default')).toBeVisible()
})

test('a flow is built, tested and published with the keyboard alone', async ({ page }) => {
  await page.goto('/flows')
  await expect(page.getByRole('heading', { name: 'Flows' })).toBeVisible()
  const key = (...keys: string[]) => keys.reduce((p, k) => p.then(() => page.keyboard.press(k)), Promise.resolve())
  const tabTo = async (name: RegExp) => {
    for (let i = 0; i < 60; i++) {
      const label = await page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '')
      if (name.test(label)) return
      await key('Tab')
    }
    throw new Error(`the keyboard does not reach ${name}`)
  }
  await tabTo(/^New flow/)
  await key('Enter')
  await expect(page.getByRole('dialog')).toBeVisible()
  await page.keyboard.type('Keys only')
  await key('Enter')
  await expect(page.getByRole('heading', { name: 'Keys only' })).toBeVisible()
  await expect(page.locator('[data-node="trigger"]')).toBeVisible()

  const add = async (search: string) => {
    await expect(page.getByRole('dialog', { name: 'Add a step' })).toBeVisible()
    await page.keyboard.type(search)
    await key('Enter')
    await expect(page.getByRole('dialog')).toHaveCount(0)
  }
  await tabTo(/^Add a step here/)
  await key('Enter')
  await add('send a text')
  const panel = page.getByRole('complementary')
  await tabTo(/^Move up/)
  await field(panel, 'To').focus()
  await page.keyboard.type('+34600111222')
  await key('Tab')
  await page.keyboard.type('Ready?')
  await saved(page)

  await page.locator('[data-node="steps.0"]').focus()
  await key('ArrowUp')
  await expect(page.locator('[data-node="trigger"]')).toBeFocused()
  await key('ArrowDown', 'Enter', 'Control+z', 't')
  const bench = page.getByRole('complementary', { name: 'Test' })
  await expect(bench).toBeVisible()
  await page.keyboard.press('Control+Shift+z')
  await saved(page)
  await tabTo(/^Play/)
  await key('Enter')
  await expect(bench.getByText('Succeeded')).toBeVisible()
  await key('Control+Enter')
  await expect(page.getByRole('dialog', { name: 'Publish' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Publish now' })).toBeFocused()
  await key('Enter')
  await expect(page.getByText('Version 1 is live.')).toBeVisible()
})

test('a problem is shown at its step, and publishing waits for its end', async ({ page }) => {
  await page.goto('/flows')
  await page.getByRole('button', { name: 'New flow' }).click()
  await page.getByRole('dialog').getByLabel('Title').fill('With a problem')
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
  await page.locator('[data-insert="steps.0"]').click()
  await page.getByRole('dialog').getByRole('textbox').fill('if')
  await page.getByRole('dialog').getByRole('button', { name: 'If' }).first().click()
  const panel = page.getByRole('complementary')
  await panel.getByLabel('Condition').fill('event.total >')
  await saved(page)
  await expect(page.getByRole('button', { name: 'Publish' })).toBeDisabled()
  await expect(page.locator('[data-node="steps.0"]')).toHaveAccessibleName(/problem/)
  await page.getByText(/\d problems?$/).click()
  await panel.getByRole('button', { name: 'Close' }).click()
  await page.locator('.problems li button').first().click()
  await expect(panel.getByLabel('Condition')).toBeVisible()
  await page.locator('[data-insert="steps.0.then.0"]').click()
  await page.getByRole('dialog').getByRole('textbox').fill('end the run')
  await page.keyboard.press('Enter')
  await page.locator('[data-node="steps.0"]').click()
  await panel.getByLabel('Condition').fill('1 < 2')
  await saved(page)
  await expect(page.getByRole('button', { name: 'Publish' })).toBeEnabled()
})

test('the text and the canvas are one document', async ({ page }) => {
  await page.goto('/flows/verify-product-x')
  await page.getByText('YAML', { exact: true }).click()
  const code = page.locator('.cm-content')
  await expect(code).toContainText('customer_response')
  await code.getByText('title: Verify the purchase of product X').click()
  await page.keyboard.press('End')
  await page.keyboard.type(' today # why')
  await expect(page.getByRole('heading', { name: 'Verify the purchase of product X today' })).toBeVisible()
  await page.getByText('Canvas', { exact: true }).click()
  await page.locator('[data-node="trigger"]').click()
  await page.getByRole('complementary').getByLabel('Title').fill('Verify the purchase of product X')
  await page.getByText('YAML', { exact: true }).click()
  await expect(code).toContainText('title: Verify the purchase of product X # why')
  await saved(page)
})

test('two people who edit one draft lose nothing', async ({ page, context }) => {
  await page.goto('/flows')
  await page.getByRole('button', { name: 'New flow' }).click()
  await page.getByRole('dialog').getByLabel('Title').fill('Edited by two')
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
  await expect(page.locator('[data-node="trigger"]')).toBeVisible()
  const other = await context.newPage()
  await other.goto('/flows/edited-by-two')
  const title = async (p: typeof page, text: string) => {
    await p.locator('[data-node="trigger"]').click()
    await p.getByRole('complementary').getByLabel('Title').fill(text)
  }
  await title(page, 'Mine')
  await saved(page)
  await title(other, 'Theirs')
  await expect(other.getByText('Changed elsewhere')).toBeVisible()
  await expect(other.getByText('Somebody else has changed this flow')).toBeVisible()
  await expect(other.getByRole('heading', { name: 'Theirs' })).toBeVisible()
  await other.getByRole('button', { name: 'Keep mine' }).click()
  await saved(other)
  await page.reload()
  await expect(page.getByRole('heading', { name: 'Theirs' })).toBeVisible()
})

test('any system starts a flow at its own address', async ({ page, request }) => {
  await page.goto('/flows')
  await page.getByRole('button', { name: 'New flow' }).click()
  await page.getByRole('dialog').getByLabel('Title').fill('From the CRM')
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
  await page.locator('[data-node="trigger"]').click()
  const panel = page.getByRole('complementary')
  await choose(panel, 'What starts the flow', 'A webhook')
  await expect(panel.getByText('gets its address when it is published')).toBeVisible()
  await choose(panel, 'How senders prove who they are', 'A token')
  await field(panel, 'E-mail').fill('{{ event.body.email }}')
  await page.locator('[data-insert="steps.0"]').click()
  await page.getByRole('dialog').getByRole('textbox').fill('end the run')
  await page.keyboard.press('Enter')
  await saved(page)
  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByRole('button', { name: 'Publish now' }).click()
  await expect(page.getByText('Version 1 is live.')).toBeVisible()

  await page.locator('[data-node="trigger"]').click()
  await expect(panel.getByText('Nothing is taken until there is a secret')).toBeVisible()
  const url = (await panel.locator('.copy span').first().textContent())!
  expect((await request.post(url, { data: { email: 'crm@example.com' } })).status()).toBe(401)
  await panel.getByRole('button', { name: 'Make a new secret' }).click()
  await expect(panel.getByText('Copy the secret now')).toBeVisible()
  const secret = (await panel.locator('.copy span').nth(2).textContent())!
  await expect.poll(async () => (await request.post(url, { data: { email: 'crm@example.com' }, headers: { 'X-Token': secret } })).status()).toBe(200)
  await page.goto('/runs?flow=from-the-crm')
  await expect(page.getByRole('table').getByText('Succeeded')).toBeVisible()
})

test('answers that do not count take their own way on the test bench', async ({ page }) => {
  const source = `name: choosy
title: Choosy
trigger: { on: manual }
contact: { phone: "{{ event.phone }}" }
steps:
  - { id: ask, do: whatsapp.send_text, connection: wa, with: { to: "{{ contact.phone }}", text: "1 or 2?" } }
  - id: answer
    customer_response: { within: 1h }
    default: []
    no_response: []
`
  const made = await page.request.post('/api/v1/session', { data: { demo: true }, headers: { 'X-Cordboard-Console': '1' } })
  expect(made.ok()).toBe(true)
  await page.request.post('/api/v1/flows', { data: { name: 'choosy', source }, headers: { 'X-Cordboard-Console': '1' } })
  await page.goto('/flows/choosy')
  await page.locator('[data-node="steps.1"]').click()
  const panel = page.getByRole('complementary')
  await choose(panel, 'Which answers count', 'Choices')
  await expect(field(panel, /Choices|Which/)).toHaveCount(1)
  await panel.getByRole('button', { name: 'Add a way for invalid answers' }).click()
  await expect(page.getByText('Invalid', { exact: true })).toBeVisible()
  await saved(page)
  await expect(page.getByText('No problems')).toBeVisible()

  await page.getByRole('button', { name: 'Test', exact: true }).click()
  const bench = page.getByRole('complementary', { name: 'Test' })
  await bench.getByLabel('What starts the run').fill('{"phone":"+34600111222"}')
  await bench.getByRole('button', { name: 'Play' }).click()
  await expect(bench.getByText('→ No response')).toBeVisible()
  await bench.getByRole('slider').focus()
  await page.keyboard.press('Home')
  await bench.getByLabel('Answer as the customer').fill('what?')
  await bench.getByRole('button', { name: 'Send the answer' }).click()
  await expect(bench.getByText('→ Invalid')).toBeVisible()
  await expect(bench.getByRole('log')).toContainText('Refused')
})

test('on the test bench a person steps in, the clock stands still, and goes on when told to', async ({ page }) => {
  const source = `name: stepped-in
title: Stepped in
trigger: { on: manual }
contact: { phone: "{{ event.phone }}" }
steps:
  - { id: ask, do: whatsapp.send_text, connection: wa, with: { to: "{{ contact.phone }}", text: "Still there?" } }
  - id: answer
    customer_response: { within: 1h, on_takeover: pause, resume_after: 10h }
    default: []
    no_response: []
`
  const header = { 'X-Cordboard-Console': '1' }
  expect((await page.request.post('/api/v1/session', { data: { demo: true }, headers: header })).ok()).toBe(true)
  expect((await page.request.put('/api/v1/flows/stepped-in', { data: source, headers: { ...header, 'Content-Type': 'application/yaml' } })).ok()).toBe(true)
  await page.goto('/flows/stepped-in')
  await page.getByRole('button', { name: 'Test', exact: true }).click()
  const bench = page.getByRole('complementary', { name: 'Test' })
  await bench.getByLabel('What starts the run').fill('{}')
  await bench.getByRole('button', { name: 'Play' }).click()
  await expect(bench.getByRole('alert')).toContainText('does not fit the flow')
  await bench.getByLabel('What starts the run').fill('{"phone":"+34600111222"}')
  await bench.getByRole('button', { name: 'Play' }).click()
  await expect(bench.getByTestId('bench-clock')).toHaveText('1 hr of 1 hr')

  await bench.getByRole('slider').focus()
  await page.keyboard.press('Home')
  await bench.getByRole('button', { name: 'A person writes' }).click()
  await expect(bench.getByText('The time for “answer” stands still.')).toBeVisible()
  await expect(bench.getByRole('log')).toContainText('by a person')
  await expect(bench.getByTestId('bench-clock')).toHaveText('1 sec of 11 hr') // it goes on by itself after ten hours
  await bench.getByRole('slider').focus()
  for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight')
  await expect(bench.getByTestId('bench-clock')).toHaveText('6 sec of 11 hr')
  await bench.getByRole('button', { name: 'Resume now' }).click()
  await expect(bench.getByText('The time for “answer” stands still.')).toHaveCount(0)
  await expect(bench.getByTestId('bench-clock')).toHaveText('6 sec of 1 hr')
  await clean(page, 'the test bench')

  // What was published is compared with the draft, and taken up again.
  await bench.getByRole('button', { name: 'Close' }).click()
  await page.locator('[data-node="trigger"]').click()
  await page.getByRole('complementary').getByLabel('Title').fill('Changed since')
  await saved(page)
  await page.getByRole('button', { name: 'Versions' }).click()
  await page.getByRole('button', { name: 'Compare: Version 1' }).click()
  const compared = page.getByRole('dialog', { name: 'From version 1 to the draft' })
  await expect(compared.getByText('title: Changed since')).toBeVisible()
  await clean(page, 'a version compared')
  await compared.getByRole('button', { name: 'Take as draft' }).click()
  await expect(page.getByRole('heading', { name: 'Stepped in' })).toBeVisible()
})

test('on a small laptop the editor fills the window, and names have room', async ({ page }) => {
  await page.setViewportSize({ width: 1024, height: 800 })
  await page.goto('/flows/verify-product-x')
  await expect(page.locator('[data-node="steps.0"]')).toBeVisible()
  expect(await page.locator('.editor').evaluate((e) => Math.round(window.innerHeight - (e.lastElementChild?.getBoundingClientRect().bottom ?? 0)))).toBe(0)
  await page.goto('/flows')
  await expect(page.getByRole('columnheader', { name: 'Flow', exact: true })).toBeVisible()
  await expect(page.getByRole('columnheader', { name: 'Changed' })).toBeHidden()
  const [is, fits] = await page.locator('.table-box').evaluate((b) => [b.scrollWidth, b.clientWidth])
  expect(is).toBeLessThanOrEqual(fits)
})

test('on a phone each row of a list is a card, and nothing is cut off', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 700 })
  for (const path of ['/', '/flows', '/runs', '/contacts', '/connections', '/webhooks', '/webhooks/in', '/settings']) {
    await page.goto(path)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
    const wide = await page.locator('.main, .table-box').evaluateAll((boxes) => boxes.filter((b) => b.scrollWidth > b.clientWidth + 1).map((b) => `${b.className} ${b.scrollWidth} of ${b.clientWidth}`))
    expect(wide, path).toEqual([])
  }
  await page.goto('/flows')
  await expect(page.getByRole('columnheader', { name: 'Flow', exact: true })).toHaveCount(1) // drawn as cards, it is still a table
  await expect(page.getByRole('row').nth(1).getByRole('cell')).toHaveCount(9)
})

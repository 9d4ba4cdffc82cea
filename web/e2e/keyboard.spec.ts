import { expect, saved, test, type Page } from './world'

/** Hands press keys and nothing else: what can't be reached by them can't be used. */
class Hands {
  constructor(private readonly page: Page) {}

  async press(...keys: string[]) {
    for (const key of keys) await this.page.keyboard.press(key)
  }

  async type(text: string) {
    await this.page.keyboard.type(text)
  }

  /** reach goes on with the Tab key to what is called so, or to a place on the canvas: node:trigger, add:steps.0. */
  async reach(name: string | RegExp) {
    for (let i = 0; i < 250; i++) {
      const here = await this.page.evaluate(() => {
        const e = document.activeElement as HTMLElement
        const labels = (e as HTMLInputElement).labels
        const labelled = e.getAttribute('aria-labelledby')
        const name = e.getAttribute('aria-label') ?? (labels?.length ? labels[0].textContent : labelled ? document.getElementById(labelled)?.textContent : e.textContent)
        return [(name ?? '').replace(/ \*$/, '').trim(), e.dataset.insert ? `add:${e.dataset.insert}` : '', e.dataset.node ? `node:${e.dataset.node}` : '']
      })
      if (here.some((h) => (typeof name === 'string' ? h === name : h !== '' && name.test(h)))) return
      await this.press('Tab')
    }
    throw new Error(`the keyboard does not reach ${name}`)
  }

  /** write goes to a field and replaces what is in it; the names that it offers are waved away. */
  async write(name: string | RegExp, text: string) {
    await this.reach(name)
    await this.press('Control+a')
    await this.type(text)
    await this.press('Escape')
  }

  /** add puts a step into a place. */
  async add(at: string, search: string) {
    await this.reach(`add:${at}`)
    await this.press('Enter')
    const dialog = this.page.getByRole('dialog', { name: 'Add a step' })
    await expect(dialog.getByRole('textbox')).toBeFocused()
    await this.type(search)
    await this.press('Enter')
    await expect(dialog).toHaveCount(0)
    await expect(this.page.getByRole('complementary', { name: 'Set up' })).toBeVisible()
  }
}

test('the worked example is built, tested on both paths and published with the keyboard alone', async ({ page, person }) => {
  test.setTimeout(300_000)
  const hands = new Hands(page)
  await page.goto('/flows')
  await expect(page.getByRole('heading', { name: 'Flows' })).toBeVisible()
  await hands.reach(/^New flow/)
  await hands.press('Enter')
  await expect(page.getByRole('dialog').getByLabel('Title')).toBeFocused()
  await hands.type('Verify by keys')
  await hands.press('Enter')
  await expect(page.getByRole('heading', { name: 'Verify by keys' })).toBeVisible()
  await expect(page.locator('[data-node="trigger"]')).toBeVisible()

  await hands.reach('node:trigger')
  await hands.press('Enter')
  await hands.reach('What starts the flow')
  await hands.press('Control+a')
  await hands.type('Order paid')
  await hands.press('ArrowDown', 'Enter')
  const panel = page.getByRole('complementary', { name: 'Set up' })
  await expect(panel.getByRole('combobox', { name: 'Connection' })).toHaveValue('my-shop')
  await hands.write('Phone', '{{ event.customer.phone }}')
  await hands.write('E-mail', '{{ event.customer.email }}')

  await hands.add('steps.0', 'if')
  await hands.write('Condition', 'event.line_items.exists(i, i.product_id == 632910392)')
  await hands.add('steps.0.then.0', 'send a template')
  await hands.write('To', '{{ contact.phone }}')
  await hands.write('Template', 'verify_purchase')
  await hands.write('Language', 'es')
  await expect(panel.getByRole('group', { name: 'Values' })).toBeVisible() // the provider has said which places the template has
  await hands.write('{{1}}, such as #1042', '{{ event.name }}')
  await hands.add('steps.0.then.1', 'customer response')
  await hands.add('steps.0.then.1.default.0', 'send a text')
  await hands.write('To', '{{ contact.phone }}')
  await hands.write('Text', 'Here is the guide.')
  await hands.add('steps.0.then.1.no_response.0', 'delay')
  await hands.reach('For') // one of the ways to say how long; the field comes behind it
  await hands.press('Tab')
  await hands.write('For', '12')
  await hands.add('steps.0.then.1.no_response.1', 'send a template')
  await hands.write('To', '{{ contact.phone }}')
  await hands.write('Template', 'reminder')
  await hands.write('Language', 'es')
  await hands.add('steps.0.then.2', 'add a tag')
  await hands.write('E-mail', '{{ contact.email }}')
  await hands.write('Tag', "{{ steps.answer.outcome == 'default' ? 'reactive' : 'silent' }}")
  await saved(page)
  await expect(page.getByText('No problems')).toBeVisible()

  // Both paths on the test bench.
  await hands.reach(/^Test$/)
  await hands.press('Enter')
  const bench = page.getByRole('complementary', { name: 'Test' })
  await hands.reach('Play')
  await hands.press('Enter')
  await expect(bench.getByText('→ No response')).toBeVisible()
  await expect(bench.getByTestId('bench-clock')).toContainText('14 hr')
  await hands.reach('Moment in the run')
  await hands.press('Home')
  await expect(page.locator('[data-node="steps.0.then.1"]')).toHaveClass(/here/)
  await hands.reach('Answer as the customer')
  await hands.type('yes')
  await hands.press('Enter')
  await expect(bench.getByText('→ Default')).toBeVisible()

  // Live, and a real order.
  await hands.press('Control+Enter')
  await expect(page.getByRole('button', { name: 'Publish now' })).toBeFocused()
  await hands.press('Enter')
  await expect(page.getByText('Version 1 is live.')).toBeVisible()
  await person.greets()
  await person.pays(632910392)
  await page.goto('/runs?flow=verify-by-keys')
  await expect(page.getByRole('table').getByText('Waiting', { exact: true })).toBeVisible()
  await hands.reach(/^Verify by keys/) // the link bears the flow's title; the filter its name
  await hands.press('Enter')
  await expect(page.getByText(/left/)).toBeVisible()
  await expect(async () => {
    await person.says('yes') // other flows ask this person too, and the newest question takes an answer
    await expect(page.getByText('Succeeded', { exact: true })).toBeVisible({ timeout: 3_000 })
  }).toPass()
})

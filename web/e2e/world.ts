import AxeBuilder from '@axe-core/playwright'
import { expect, test as base, type APIRequestContext, type Locator, type Page } from '@playwright/test'

export { expect, type Page }

const sandbox = 'http://127.0.0.1:8090/sandbox'

/** Person plays the shop's customer through the sandbox. */
export class Person {
  constructor(
    private readonly request: APIRequestContext,
    readonly phone: string,
    readonly email: string,
  ) {}

  async says(text: string) {
    const answer = await this.request.post(`${sandbox}/whatsapp/reply`, { data: { from: this.phone, text } })
    expect(answer.ok(), await answer.text()).toBe(true)
  }

  /** greets opens the provider's window for free messages, and waits until the gateway has heard: what it hears later
   * would answer the next question. */
  async greets() {
    const text = `hello from ${this.phone}`
    await this.says(text)
    await this.request.post('/api/v1/session', { data: { demo: true }, headers: { 'X-Cordboard-Console': '1' } })
    await expect
      .poll(async () => {
        const { items } = (await (await this.request.get('/api/v1/messages?limit=50')).json()) as { items: { text?: string }[] }
        return items.some((m) => m.text === text)
      })
      .toBe(true)
  }

  /** contact is their id, once the gateway has heard of them. */
  async contact(): Promise<string> {
    const { items } = (await (await this.request.get(`/api/v1/contacts?search=${encodeURIComponent(this.phone)}`)).json()) as { items: { id: string }[] }
    return items[0].id
  }

  async pays(...products: number[]) {
    const answer = await this.request.post(`${sandbox}/shopify/orders`, { data: { phone: this.phone, email: this.email, product_ids: products } })
    expect(answer.ok(), await answer.text()).toBe(true)
  }
}

let people = 0

/**
 * test fails when the page writes an error to the console, throws, or breaks its content security policy. person is
 * somebody whom no other test knows.
 */
export const test = base.extend<{ person: Person; quiet: void }>({
  person: async ({ request }, use) => {
    people++
    const unique = `${Date.now() % 1_000_000}`.padStart(6, '0')
    await use(new Person(request, `+3460${people % 10}${unique}`, `person${people}.${unique}@example.com`))
  },
  quiet: [
    async ({ context }, use) => {
      const troubles: string[] = []
      context.on('weberror', (e) => troubles.push(`error: ${e.error().message}`))
      context.on('console', (m) => {
        // What the API refuses is told by the browser as an error too; the tests that expect one look at it themselves.
        if (m.type() === 'error' && !m.text().startsWith('Failed to load resource')) troubles.push(`console: ${m.text()}`)
      })
      await context.addInitScript(() => {
        addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}`))
      })
      await use()
      expect(troubles).toEqual([])
    },
    { auto: true },
  ],
})

/** clean has nothing that axe finds serious. */
export async function clean(page: Page, what: string) {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const bad = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
  expect(
    bad.map((v) => `${what}: ${v.id} (${v.impact}): ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}`),
  ).toEqual([])
}

/** choose picks an entry of a list field. */
export async function choose(scope: Page | Locator, label: string | RegExp, entry: string | RegExp) {
  const field = scope.getByRole('combobox', { name: label })
  await field.click()
  const page = 'page' in scope ? scope.page() : (scope as Page)
  await page.getByRole('option', { name: entry, exact: typeof entry === 'string' }).click()
}

export async function saved(page: Page) {
  await expect(page.locator('[data-saved]')).toHaveAttribute('data-saved', 'saved')
}

/** field is a text field by its name, without the star that marks it as required. */
export function field(scope: Page | Locator, name: string | RegExp): Locator {
  return scope.getByRole('textbox', { name, exact: true })
}

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from '@playwright/test'
import { choose, clean, expect, field, test } from './world'

/** Provider gives tokens after a person has allowed it on its page. */
class Provider {
  private server!: Server
  private given = 0
  revoked = false

  async listen() {
    this.server = createServer((req, res) => {
      const url = new URL(req.url ?? '/', this.url)
      const json = (status: number, value: unknown) => res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value))
      if (url.pathname === '/authorize') {
        const back = new URL(url.searchParams.get('redirect_uri') ?? '')
        back.search = new URLSearchParams({ code: 'code-1', state: url.searchParams.get('state') ?? '' }).toString()
        res.writeHead(200, { 'Content-Type': 'text/html' }).end(`<!doctype html><title>Cloud</title><h1>Cloud</h1><a href="${back.toString().replace('&', '&amp;')}">Allow</a>`)
      } else if (url.pathname === '/token') {
        let body = ''
        req.on('data', (part) => (body += part))
        req.on('end', () => {
          const refreshes = body.includes('grant_type=refresh_token')
          if (refreshes && this.revoked) return json(400, { error: 'invalid_grant' })
          if (!refreshes) this.revoked = false
          json(200, { access_token: `e2e-access-${++this.given}`, refresh_token: `e2e-refresh-${this.given}`, token_type: 'Bearer', expires_in: 3600, scope: 'notes' })
        })
      } else if (url.pathname === '/api/me') {
        json(this.revoked ? 401 : 200, { label: 'Ana' })
      } else {
        res.writeHead(404).end()
      }
    })
    await new Promise<void>((ready) => this.server.listen(0, '127.0.0.1', ready))
  }

  get url() {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo | null)?.port ?? 0}`
  }

  close() {
    this.server.closeAllConnections()
    this.server.close()
  }
}

/** consents presses a button of the card and allows what the provider's page asks in the window that opens. */
async function consents(page: Page, button: string) {
  const opened = page.context().waitForEvent('page')
  await page.getByRole('region', { name: 'my-cloud' }).getByRole('button', { name: button, exact: true }).click()
  const provider = await opened
  await expect(page.getByText(/Consent on the provider’s page/)).toBeVisible()
  await provider.getByRole('link', { name: 'Allow' }).click()
  await expect(provider.getByRole('heading', { name: 'my-cloud is connected. You can close this window.' })).toBeVisible()
  await clean(provider, 'the page after the consent')
  await provider.close()
}

test('a connection is connected by consent, lost and reconnected', async ({ page }) => {
  const cloud = new Provider()
  await cloud.listen()
  try {
    await page.goto('/connections')
    await page.getByRole('button', { name: 'New connection' }).click()
    const dialog = page.getByRole('dialog')
    await choose(dialog, 'Connector', 'Cloud')
    await field(dialog, 'Name').fill('my-cloud')
    await expect(dialog.getByText('http://127.0.0.1:8080/oauth/callback')).toBeVisible()
    await field(dialog, 'Client ID').fill('client-1')
    await field(dialog, 'Client secret').fill('e2e-client-secret')
    await field(dialog, 'Address').fill(cloud.url)
    await dialog.getByRole('button', { name: 'Connect' }).click()

    const card = page.getByRole('region', { name: 'my-cloud' })
    await expect(card.getByText('Not connected yet')).toBeVisible()
    await consents(page, 'Connect')
    await expect(card.getByText('Healthy')).toBeVisible()
    await card.getByRole('button', { name: 'Test' }).click()
    await expect(card.getByText(/It works: Ana/)).toBeVisible()

    cloud.revoked = true
    await card.getByRole('button', { name: 'Test' }).click()
    await expect(card.getByText('Needs to be reconnected')).toBeVisible()
    await expect(card.getByText(/Press Reconnect and consent again/)).toBeVisible()
    await clean(page, 'a connection that needs to be reconnected')
    await consents(page, 'Reconnect')
    await expect(card.getByText('Healthy')).toBeVisible()
    await card.getByRole('button', { name: 'Test' }).click()
    await expect(card.getByText(/It works: Ana/)).toBeVisible()
    const seen = await page.content()
    for (const secret of ['e2e-access', 'e2e-refresh', 'e2e-client-secret', 'code-1']) expect(seen).not.toContain(secret)
  } finally {
    cloud.close()
  }
})

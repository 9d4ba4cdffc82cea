import type { Browser, Page } from '@playwright/test'
import { choose, clean, expect, field, test } from './world'

// Browsers have passkeys for a name, and the demo's is localhost.
const local = 'http://localhost:8080'
const password = 'correct horse battery'
const header = { 'X-Cordboard-Console': '1' }

test.use({ baseURL: local })

/** device gives a page an authenticator that needs nobody to touch it, and counts what it holds. */
async function device(page: Page) {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  })
  return {
    verified: (isUserVerified: boolean) => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
    held: async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length,
  }
}

/** invited is a page of somebody new, who has set a password. Who invites is on page, or else the demo's owner. */
async function invited(page: Page, browser: Browser, email: string, role: string) {
  if (page.url() === 'about:blank') await page.request.post('/api/v1/session', { data: { demo: true }, headers: header })
  const made = await page.request.post('/api/v1/users', { data: { email, role }, headers: header })
  expect(made.ok(), await made.text()).toBe(true)
  const { link } = (await made.json()) as { link: string }
  const context = await browser.newContext({ baseURL: local, viewport: { width: 1440, height: 900 } })
  const guest = await context.newPage()
  await guest.goto(link.replace('127.0.0.1', 'localhost'))
  await guest.getByLabel('New password').fill(password)
  await guest.getByRole('button', { name: 'Set password' }).click()
  await expect(guest).toHaveURL(/\/flows$/) // signed in: who leaves before that is a visitor of the demo
  return guest
}

async function signOut(page: Page, name: string) {
  await page.getByRole('button', { name, exact: true }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
}

async function add(page: Page, name: string) {
  const card = page.getByRole('region', { name: 'Passkeys' })
  await card.getByLabel('Name of the passkey').fill(name)
  await field(card, 'Your password now').fill(password)
  await card.getByRole('button', { name: 'Add a passkey' }).click()
  return card
}

test('a passkey is added, signs in, is renamed and removed', async ({ page, browser, person }) => {
  const guest = await invited(page, browser, person.email, 'builder')
  const name = person.email.split('@')[0]
  const held = await device(guest)
  await guest.goto('/settings')
  await guest.getByRole('tab', { name: 'My account' }).click()
  const card = await add(guest, 'Laptop')
  await expect(card.getByText('Laptop')).toBeVisible()
  await expect(card.locator('ul.mono li')).toHaveCount(10) // recovery codes
  expect(await held.held()).toBe(1)
  await clean(guest, 'passkeys')
  await add(guest, 'Again')
  await expect(card.getByText('This device has a passkey of yours already.')).toBeVisible()

  await signOut(guest, name)
  await field(guest, 'E-mail').fill(person.email)
  await field(guest, 'Password').fill(password)
  await guest.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(guest.getByLabel('Code')).toBeVisible() // the password alone is not enough
  await guest.goto('/')
  await guest.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await expect(guest.getByRole('heading', { name: 'Dashboard' })).toBeVisible()

  await guest.goto('/settings')
  await guest.getByRole('tab', { name: 'My account' }).click()
  await card.getByRole('button', { name: 'Change: Laptop' }).click()
  const dialog = guest.getByRole('dialog')
  await dialog.getByLabel('Name of the passkey').fill('Work laptop')
  await dialog.getByRole('button', { name: 'Rename' }).click()
  await card.getByRole('button', { name: 'Change: Work laptop' }).click()
  await field(dialog, 'Your password now').fill('wrong horse battery')
  await dialog.getByRole('button', { name: 'Remove the passkey' }).click()
  await expect(dialog.getByText('is not your password')).toBeVisible()
  await field(dialog, 'Your password now').fill(password)
  await dialog.getByRole('button', { name: 'Remove the passkey' }).click()
  await expect(card.getByText('Work laptop')).toHaveCount(0)

  await signOut(guest, name)
  await guest.getByRole('button', { name: 'Sign in with a passkey' }).click() // the device has it still
  await expect(guest.getByText('This does not match what is known here.')).toBeVisible()
  await guest.context().close()
})

test('a passkey without finger, face or PIN lets nobody in', async ({ page, browser, person }) => {
  const guest = await invited(page, browser, person.email, 'builder')
  const held = await device(guest)
  await guest.goto('/settings')
  await guest.getByRole('tab', { name: 'My account' }).click()
  const card = await add(guest, 'Laptop')
  await expect(card.getByText('Laptop')).toBeVisible()
  await signOut(guest, person.email.split('@')[0])
  await held.verified(false)
  await guest.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await expect(guest.getByText('The browser has given no passkey')).toBeVisible()
  await guest.context().close()
})

test('the address by number says where passkeys work', async ({ page, browser, person }) => {
  const guest = await invited(page, browser, person.email, 'viewer')
  await guest.request.post('http://127.0.0.1:8080/api/v1/session', { data: { email: person.email, password }, headers: header })
  await guest.goto('http://127.0.0.1:8080/settings')
  await guest.getByRole('tab', { name: 'My account' }).click()
  await expect(guest.getByRole('region', { name: 'Passkeys' }).getByRole('link', { name: local })).toBeVisible()
  await guest.context().close()
})

test('who is asked for a second factor sets one up before anything else', async ({ page, browser, person }) => {
  const owner = await invited(page, browser, person.email, 'owner')
  await owner.goto('/settings')
  await choose(owner, 'A second factor is asked of', 'Owners and admins')
  await expect(owner.getByText('Set up a second factor of your own first')).toBeVisible()
  await device(owner)
  await owner.getByRole('tab', { name: 'My account' }).click()
  await expect((await add(owner, 'Laptop')).getByText('Laptop')).toBeVisible()
  await owner.getByRole('tab', { name: 'People' }).click()
  await choose(owner, 'A second factor is asked of', 'Owners and admins')
  await expect(owner.getByText('This holds from now on.')).toBeVisible()
  try {
    const admin = await invited(owner, browser, `admin.${person.email}`, 'admin')
    await expect(admin.getByRole('heading', { name: 'Set up a second factor', level: 1 })).toBeVisible()
    await expect(admin.getByRole('button', { name: 'Continue' })).toBeDisabled()
    await clean(admin, 'setting up a second factor')
    const refused = await admin.request.get('/api/v1/flows')
    expect(refused.status()).toBe(403)
    await device(admin)
    await admin.reload()
    const card = await add(admin, 'Phone')
    await expect(card.locator('ul.mono li')).toHaveCount(10)
    await admin.getByRole('button', { name: 'Continue' }).click()
    await expect(admin.getByRole('heading', { name: 'Flows' }).or(admin.getByRole('heading', { name: 'Dashboard' }))).toBeVisible()
    await admin.context().close()
  } finally {
    await owner.request.put('/api/v1/second-factor', { data: { required_of: 'default' }, headers: header })
    await owner.context().close()
  }
})

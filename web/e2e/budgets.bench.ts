import { expect, test, type CDPSession, type Page } from '@playwright/test'

// The console's budgets in time and memory. How heavy it is, the build checks; how much it draws, large.spec.ts.

const console_ = { 'X-Cordboard-Console': '1' }

function report(what: string, is: number, most: number, unit: string) {
  console.log(`${is <= most ? 'ok  ' : 'OVER'} ${what}: ${is.toFixed(unit === '' ? 3 : 0)} of ${most} ${unit}`)
}

const enter = (page: Page) => page.request.post('/api/v1/session', { data: { demo: true }, headers: console_ })

test('a slow laptop can work with a page soon', async ({ page }) => {
  await enter(page)
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  const began = Date.now()
  await page.goto('/flows', { waitUntil: 'commit' })
  await page.getByRole('link', { name: 'Verify the purchase of product X' }).waitFor()
  report('first page on a laptop slowed down four times', Date.now() - began, 1_500, 'ms')
})

test('pages change at once', async ({ page }) => {
  await enter(page)
  const places = ['Flows', 'Runs', 'Contacts', 'Connections']
  await page.goto('/')
  await page.getByRole('link', { name: 'Connections' }).waitFor()
  const go = (place: string) =>
    page.evaluate(async (name) => {
      const link = [...document.querySelectorAll<HTMLElement>('.rail a')].find((a) => a.textContent?.trim() === name)
      const began = performance.now()
      link?.click()
      while (document.querySelector('h1')?.textContent !== name || document.querySelector('[aria-busy=true]')) await new Promise(requestAnimationFrame)
      return performance.now() - began
    }, place)
  for (const place of places) await go(place) // what they show is known from then on
  const took: number[] = []
  for (const place of places) took.push(await go(place))
  report('another page whose data is known', Math.max(...took), 150, 'ms')
})

test('a long form follows the keys', async ({ page }) => {
  await enter(page)
  const fields = Array.from({ length: 60 }, (_, i) => `      field_${i}: "{{ event.name }} ${i}"`).join('\n')
  await page.request.post('/api/v1/flows', { data: { name: 'wide', source: `name: wide\ntrigger: { on: manual }\nsteps:\n  - id: note\n    set:\n${fields}\n` }, headers: console_ })
  await page.goto('/flows/wide')
  await page.locator('[data-node="steps.0"]').click()
  await page.getByRole('textbox', { name: 'field_30' }).focus()
  await page.evaluate(() => {
    const seen: number[] = []
    Object.assign(window, { seen })
    new PerformanceObserver((list) => seen.push(...list.getEntries().filter((e) => e.name === 'keydown').map((e) => e.duration))).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit)
  })
  for (const letter of 'what a person types here') {
    await page.keyboard.press(letter === ' ' ? 'Space' : letter)
    await page.waitForTimeout(60) // as fast as a person types
  }
  const slowest = await page.evaluate(() => Math.max(0, ...(window as unknown as { seen: number[] }).seen))
  report('the slowest key in a form of 60 fields', slowest, 50, 'ms')
})

test('pages stand still while they load', async ({ page }) => {
  await enter(page)
  await page.addInitScript(() => {
    Object.assign(window, { shift: 0 })
    new PerformanceObserver((list) => {
      for (const e of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) if (!e.hadRecentInput) (window as unknown as { shift: number }).shift += e.value
    }).observe({ type: 'layout-shift', buffered: true })
  })
  for (const path of ['/', '/flows', '/flows/verify-product-x', '/runs', '/contacts', '/connections', '/settings']) {
    await page.goto(path)
    await page.locator('h1').first().waitFor()
    await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
    await page.waitForTimeout(1_000)
    report(`layout shift of ${path}`, await page.evaluate(() => (window as unknown as { shift: number }).shift), 0.05, '')
  }
})

const used = async (session: CDPSession) => {
  await session.send('HeapProfiler.collectGarbage')
  const { metrics } = await session.send('Performance.getMetrics')
  return (metrics.find((m) => m.name === 'JSHeapUsedSize')?.value ?? 0) / 1e6
}

test('an hour before a busy run keeps the memory small', async ({ page }) => {
  await enter(page)
  const steps = Array.from({ length: 40 }, (_, i) => `  - { id: s${i}, set: { n: "{{ ${i} }}" } }`).join('\n')
  await page.request.put('/api/v1/flows/busy', { data: `name: busy\ntrigger: { on: manual }\nsteps:\n${steps}\n  - { id: pause, delay: { for: 2h } }\n`, headers: { ...console_, 'Content-Type': 'application/yaml' } })
  const started = (await (await page.request.post('/api/v1/flows/busy/start', { data: { data: {} }, headers: console_ })).json()) as { runs: { run_id: string }[] }
  await page.clock.install()
  await page.goto(`/runs/${started.runs[0].run_id}`)
  await page.getByRole('tab', { name: 'Timeline' }).waitFor()
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  await page.clock.runFor(60_000)
  const before = await used(session)
  for (let i = 0; i < 240; i++) {
    const read = page.waitForResponse((r) => r.url().includes('/api/v1/runs/run_')) // it is read again every 15 s
    await page.clock.runFor(15_000)
    await read
  }
  report('growth of the heap in an hour before a run', (await used(session)) - before, 20, 'MB')
})

import { clean, expect, saved, test } from './world'

const console_ = { 'X-Cordboard-Console': '1' }

test('one step is tested with its real connection, and what it yields is the sample of the next', async ({ page, person, request }) => {
  await person.greets() // signs the request in, and the provider takes texts to them
  const source = `name: step-by-step
title: Step by step
trigger: { on: manual }
contact: { phone: "{{ event.phone }}" }
steps:
  - { id: greeting, set: { text: "{{ 'Hello ' + event.name }}" } }
  - { id: send, do: whatsapp.send_text, connection: wa, with: { to: "{{ event.phone }}", text: "{{ vars.text }}" } }
  - { id: after, if: "steps.send.message_id != ''", then: [], else: [] }
`
  expect((await request.post('/api/v1/flows', { data: { name: 'step-by-step', source }, headers: console_ })).ok()).toBe(true)
  await page.goto('/flows/step-by-step')
  const panel = page.getByRole('complementary', { name: 'Set up' })
  const node = (id: string) => page.locator(`[data-node="${id}"]`)
  const result = panel.getByRole('region', { name: 'What came of the test' })

  // By hand: what is written is what the step reads.
  await node('steps.0').click()
  await panel.getByRole('tab', { name: 'Test' }).click()
  await panel.getByText('By hand').click()
  await panel.getByRole('textbox', { name: 'What the step reads' }).fill(JSON.stringify({ event: { phone: person.phone, name: 'Ana' } }))
  await panel.getByRole('button', { name: 'Test this step' }).click()
  await expect(result.getByLabel('Input')).toContainText('"text": "Hello Ana"')
  await panel.getByRole('button', { name: 'Use as sample' }).click()

  // A message is shown before it goes, and asked for once.
  await node('steps.1').click()
  await panel.getByText('By hand').click()
  const reads = panel.getByRole('textbox', { name: 'What the step reads' })
  await expect(reads).toHaveValue(/"text": "Hello Ana"/)
  await reads.fill(JSON.stringify({ event: { phone: person.phone }, vars: { text: 'Hello Ana' } }))
  await panel.getByRole('button', { name: 'Test this step' }).click()
  await expect(panel.getByText('This call really happens')).toBeVisible()
  await expect(result.getByLabel('Input')).toContainText(person.phone)
  await expect(result.getByText('The call was not made yet.')).toBeVisible()
  await clean(page, 'the test of a step')
  await panel.getByRole('button', { name: 'Make the call' }).click()
  await expect(result.getByText('Succeeded')).toBeVisible()
  await expect(result.getByLabel('Output')).toContainText('message_id')
  await expect(result.getByText(/POST .* → 200/)).toBeVisible()
  await panel.getByRole('button', { name: 'Use as sample' }).click()
  await panel.getByRole('button', { name: 'Test again' }).click()
  await expect(panel.getByText('This call really happens')).toHaveCount(0)

  // Later steps see what it yielded.
  await node('steps.2').click()
  await panel.getByRole('tab', { name: 'Set up' }).click()
  await panel.getByRole('button', { name: 'Data from earlier steps' }).click()
  const datum = page.getByRole('region', { name: 'Data' }).getByRole('treeitem', { name: /steps\.send\.message_id$/ })
  await expect(datum).toHaveAccessibleDescription(/^wamid/)
  await panel.getByRole('tab', { name: 'Test' }).click()
  await panel.getByRole('button', { name: 'Test this step' }).click()
  await expect(result.getByText('→ Yes')).toBeVisible()

  // It was no run, and the audit log says who did it.
  const runs = (await (await request.get('/api/v1/runs?flow=step-by-step')).json()) as { items: unknown[] }
  expect(runs.items).toEqual([])
  const log = (await (await request.get('/api/v1/audit?action=flow.test_step')).json()) as { items: { actor: string }[] }
  expect(log.items.length).toBe(2)
  expect(log.items[0].actor).toMatch(/^usr_/)

  // An edit leaves the result and says that it is old; a wrong field is told.
  await node('steps.1').click()
  await panel.getByRole('tab', { name: 'Set up' }).click()
  await panel.getByRole('textbox', { name: 'Text' }).fill('{{ vars.nope + 1 }}')
  await saved(page)
  await panel.getByRole('tab', { name: 'Test' }).click()
  await panel.getByRole('button', { name: 'Test this step' }).click()
  await expect(panel.getByRole('alert')).toContainText('nope')
})

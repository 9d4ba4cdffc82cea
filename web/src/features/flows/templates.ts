import type { TFunction } from 'i18next'

/** Using finds the connection that a template goes through: the first to that connector, or the connector's name. */
type Using = (connector: string) => string

/** Template is a flow to begin with. What it says to customers is in the language of who takes it. */
export interface Template {
  key: 'order' | 'hours' | 'number' | 'caller' | 'workdays'
  build: (t: TFunction, using: Using) => object
}

const say = (id: string, text: string, using: Using): object => ({ id, do: 'whatsapp.send_text', connection: using('whatsapp'), with: { to: '{{ contact.phone }}', text } })

export const templates: Template[] = [
  {
    key: 'order',
    build: (t, using) => ({
      trigger: { on: 'shopify.order_paid', connection: using('shopify') },
      contact: { phone: '{{ event.customer.phone }}', email: '{{ event.customer.email }}', name: '{{ event.customer.first_name }}' },
      steps: [
        { id: 'ask', do: 'whatsapp.send_template', connection: using('whatsapp'), with: { to: '{{ contact.phone }}', template: 'verify_purchase', language: 'es', body: ['{{ event.name }}'] } },
        {
          id: 'answer',
          customer_response: { within: '2h' },
          default: [say('thank', t('template.say.thanks'), using)],
          no_response: [
            { id: 'pause', delay: { for: '12h' } },
            { id: 'remind', do: 'whatsapp.send_template', connection: using('whatsapp'), with: { to: '{{ contact.phone }}', template: 'reminder', language: 'es' } },
          ],
        },
      ],
    }),
  },
  {
    key: 'hours',
    build: (t, using) => ({
      trigger: { on: 'message', connection: using('whatsapp'), with: { texts: t('template.say.hoursWords').split(', ') } },
      per_contact: 'reject',
      steps: [say('tell', t('template.say.hours'), using)],
    }),
  },
  {
    key: 'number',
    build: (t, using) => ({
      trigger: { on: 'message', connection: using('whatsapp'), with: { texts: t('template.say.orderWords').split(', ') } },
      per_contact: 'reject',
      steps: [
        {
          id: 'again',
          repeat: { until: "steps.answer.outcome == 'default'", max: 3 },
          steps: [say('ask', t('template.say.askNumber'), using), { id: 'answer', customer_response: { within: '10m', accept: { match: '^[0-9]{4,8}$' } }, default: [], no_response: [] }],
        },
        { id: 'answered', if: 'steps.again.met', then: [say('thank', t('template.say.thanks'), using)], else: [say('leave', t('template.say.leave'), using)] },
      ],
    }),
  },
  {
    key: 'caller',
    build: () => ({
      trigger: { on: 'webhook', with: { auth: 'token', header: 'X-Token', answer: 'respond', within: '10s' } },
      steps: [
        { id: 'look_up', http: { url: 'https://example.com/orders/{{ event.body.order }}', accept_status: [404] } },
        { id: 'answer', respond: { json: { known: '{{ steps.look_up.status == 200 }}' } } },
      ],
    }),
  },
  {
    key: 'workdays',
    build: () => ({
      trigger: { on: 'schedule', with: { cron: '0 9 * * mon-fri' } },
      steps: [{ id: 'fetch', http: { url: 'https://example.com/report' } }],
    }),
  },
]

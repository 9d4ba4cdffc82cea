import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { every } from '../../app/query'
import { contactRoute } from '../../app/router'
import { Copy, Fact, Loaded, Page } from '../../ui/page'
import { Status } from '../../ui/status'
import { Countdown, Time } from '../../ui/time'
import { Journey } from './journey'
import { Actions, Known } from './known'

export function ContactPage() {
  const { id } = contactRoute.useParams()
  const contact = useQuery({ queryKey: ['contacts', id], queryFn: () => ask(client.GET('/api/v1/contacts/{id}', { params: { path: { id } } })) })
  return <Loaded query={contact} page>{(c) => <Person contact={c} />}</Loaded>
}

function Person({ contact: c }: { contact: Schemas['Contact'] }) {
  const { t } = useTranslation()
  return (
    <Page title={c.name || c.phone || c.email || c.id} up={<Link to="/contacts">{t('nav.contacts')}</Link>} actions={<Actions contact={c} />}>
      <div className="stack" style={{ gap: 16 }}>
        <div className="card pad stack" style={{ gap: 16 }}>
          <dl className="facts">
            <Fact name={t('contact.phone')}>{c.phone ? <Copy text={c.phone} /> : '–'}</Fact>
            <Fact name={t('contact.email')}>{c.email ? <Copy text={c.email} /> : '–'}</Fact>
            <Fact name={t('contacts.since')}>
              <Time at={c.created_at} />
            </Fact>
            <Fact name={t('run.id')}>
              <Copy text={c.id} />
            </Fact>
          </dl>
          <Known contact={c} />
        </div>
        <Waiting contact={c.id} />
        <Journey contact={c.id} />
      </div>
    </Page>
  )
}

/** Waiting tells which questions to the contact are open. */
function Waiting({ contact }: { contact: string }) {
  const { t } = useTranslation()
  const waits = useQuery({
    queryKey: ['waits', { contact, state: 'open' }],
    queryFn: () => ask(client.GET('/api/v1/waits', { params: { query: { contact, state: 'open' } } })),
    refetchInterval: every,
  })
  const open = waits.data?.items ?? []
  if (open.length === 0) return null
  return (
    <section className="card" aria-labelledby="waiting">
      <div className="card-head">
        <h2 id="waiting">{t('journey.waiting')}</h2>
      </div>
      <ul className="lines">
        {open.map((w) => (
          <li key={w.id}>
            <Status state={w.state} />
            <Link className="grow mono" to="/runs/$id" params={{ id: w.run_id }}>
              {w.step}
            </Link>
            <Countdown until={w.deadline} />
          </li>
        ))}
      </ul>
    </section>
  )
}

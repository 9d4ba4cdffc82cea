import { TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Schemas } from '../../api/client'
import { connectorList } from '../../app/ahead'
import { every } from '../../app/query'
import { Empty, Loaded, Page } from '../../ui/page'
import type { Type } from '../../ui/schema-fields'
import { Status } from '../../ui/status'
import { ConnectorHealth } from './connector-health'

export function Connectors() {
  const { t } = useTranslation()
  const [filter, setFilter] = useState('')
  const connectors = useQuery({ ...connectorList, refetchInterval: every })
  return (
    <Page title={t('nav.connectors')} actions={<TextInput data-filter aria-label={t('connectors.filter')} placeholder={t('connectors.filter')} value={filter} onChange={(e) => setFilter(e.currentTarget.value)} w={240} />}>
      <Loaded query={connectors}>
        {({ items }) => {
          const shown = (items ?? []).filter((c) => JSON.stringify([c.name, c.title, c.summary]).toLowerCase().includes(filter.toLowerCase()))
          return shown.length === 0 ? (
            <div className="card">
              <Empty>{filter ? t('connectors.noMatch') : t('connectors.empty')}</Empty>
            </div>
          ) : (
            <div className="stack">
              {shown.map((c) => (
                <Connector key={c.name} connector={c} />
              ))}
            </div>
          )
        }}
      </Loaded>
    </Page>
  )
}

function Connector({ connector: c }: { connector: Schemas['Connector'] }) {
  const { t } = useTranslation()
  const actions = c.manifest.actions ?? []
  const triggers = c.manifest.triggers ?? []
  return (
    <details className="card">
      <summary className="card-head" style={{ borderBottom: 0 }}>
        <span>
          <strong>{c.title}</strong> <span className="mono dim">{c.version}</span>
          <span className="dim" style={{ display: 'block', fontWeight: 400 }}>
            {c.summary}
          </span>
        </span>
        <Status state={c.health} />
      </summary>
      <div className="stack" style={{ padding: '0 16px 16px' }}>
        <ConnectorHealth connector={c} />
        {(c.manifest.auth.hosts ?? []).length > 0 && (
          <div>
            <h3 className="label">{t('connectors.reaches')}</h3>
            <span className="mono">{(c.manifest.auth.hosts ?? []).join(', ')}</span>
          </div>
        )}
        <Part title={t('connectors.triggers')} items={triggers.map((x) => ({ key: `${c.name}.${x.name}`, title: x.title, summary: x.summary, fields: x.output, heading: t('connectors.gives') }))} />
        <Part title={t('connectors.actions')} items={actions.map((x) => ({ key: `${c.name}.${x.name}`, title: x.title, summary: x.summary, fields: x.input, heading: t('connectors.takes') }))} />
      </div>
    </details>
  )
}

function Part({ title, items }: { title: string; items: { key: string; title: string; summary?: string; fields: Type; heading: string }[] }) {
  if (items.length === 0) return null
  return (
    <div>
      <h3 className="label">{title}</h3>
      {items.map((i) => (
        <details key={i.key} style={{ padding: '4px 0' }}>
          <summary>
            {i.title} <span className="mono dim">{i.key}</span>
          </summary>
          <div style={{ padding: '4px 16px' }}>
            {i.summary && <p style={{ margin: '0 0 6px' }}>{i.summary}</p>}
            <div className="dim" style={{ fontSize: 12 }}>
              {i.heading}
            </div>
            <ul style={{ margin: 0, paddingLeft: 18 }}>
              {(i.fields.fields ?? []).map((f) => (
                <li key={f.name}>
                  <span className="mono">{f.name}</span> <span className="dim">{f.type.kind}{f.required ? ' *' : ''}</span> {f.help}
                </li>
              ))}
            </ul>
          </div>
        </details>
      ))}
    </div>
  )
}

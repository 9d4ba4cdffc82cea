import { Modal, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Kind } from '../../flow/document'
import type { Catalog } from './catalog'

interface Choice {
  key: string
  title: string
  summary: string
  kind: Kind
  action?: string
}

/** AddStep asks which step is to be added. */
export function AddStep({ opened, close, catalog, choose }: { opened: boolean; close: () => void; catalog: Catalog; choose: (kind: Kind, action?: string) => void }) {
  const { t } = useTranslation()
  return (
    <Modal opened={opened} onClose={close} title={t('add.title')} size="lg" closeButtonProps={{ 'aria-label': t('do.close') }}>
      {opened && <Choices catalog={catalog} choose={choose} />}
    </Modal>
  )
}

function Choices({ catalog, choose }: { catalog: Catalog; choose: (kind: Kind, action?: string) => void }) {
  const { t } = useTranslation()
  const [filter, setFilter] = useState('')
  const own = (['customer_response', 'if', 'switch', 'for_each', 'repeat', 'delay', 'http', 'respond', 'set', 'contact', 'emit', 'start_flow', 'end_runs', 'stop', 'fail'] as const).map((kind): Choice => ({ key: kind, title: t(`kind.${kind}`), summary: t(`kindHelp.${kind}`), kind }))
  const groups = [
    { title: t('add.own'), items: own },
    ...catalog.connectors.map((c) => ({
      title: c.title,
      items: (c.manifest.actions ?? []).map((a): Choice => ({ key: `${c.name}.${a.name}`, title: a.title, summary: a.summary ?? '', kind: 'do', action: `${c.name}.${a.name}` })),
    })),
  ]
    .map((g) => ({ ...g, items: g.items.filter((i) => `${g.title} ${i.title} ${i.summary} ${i.key}`.toLowerCase().includes(filter.toLowerCase())) }))
    .filter((g) => g.items.length > 0)
  const first = groups[0]?.items[0]
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault()
        if (first) choose(first.kind, first.action)
      }}
    >
      <TextInput data-autofocus aria-label={t('add.filter')} placeholder={t('add.filter')} value={filter} onChange={(e) => setFilter(e.currentTarget.value)} />
      <div className="choices">
        {groups.map((g) => (
          <section key={g.title} aria-label={g.title}>
            <h3>{g.title}</h3>
            {g.items.map((i) => (
              <button key={i.key} type="button" onClick={() => choose(i.kind, i.action)}>
                <strong>{i.title}</strong>
                <span className="dim">{i.summary}</span>
              </button>
            ))}
          </section>
        ))}
        {groups.length === 0 && <p className="dim">{t('add.none')}</p>}
      </div>
    </form>
  )
}

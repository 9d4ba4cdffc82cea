import { Switch } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '../ui/dialog'
import { places, singles } from './shortcuts'

const apple = /Mac|iPhone|iPad/.test(navigator.platform)
const command = apple ? '⌘' : 'Ctrl'

const names = { d: 'dashboard', f: 'flows', r: 'runs', c: 'contacts', o: 'connections', w: 'webhooks', s: 'settings' } as const

/** Keys lists what keys do, and lets single letters do nothing. */
export default function Keys({ close }: { close: () => void }) {
  const { t } = useTranslation()
  const [on, setOn] = useState(singles.on)
  const everywhere: [string, ReactNode][] = [
    [t('palette.label'), press(command, 'K')],
    ...(Object.keys(places) as (keyof typeof places)[]).map((k): [string, ReactNode] => [
      t('keys.goTo', { place: t(`nav.${names[k]}`) }),
      <>
        {press('G')} {t('keys.then')} {press(k.toUpperCase())}
      </>,
    ]),
    [t('keys.new'), press('N')],
    [t('keys.filter'), press('/')],
    [t('keys.list'), press('?')],
    [t('keys.close'), press('Esc')],
  ]
  const editor: [string, ReactNode][] = [
    [t('keys.test'), press('T')],
    [t('keys.data'), press('F4')],
    [t('keys.save'), press(command, 'S')],
    [t('keys.publish'), press(command, 'Enter')],
    [t('keys.undo'), <>{press(command, 'Z')} {press(command, 'Shift', 'Z')}</>],
    [t('keys.move'), press('Alt', '↑ ↓')],
    [t('keys.remove'), press('Del')],
  ]
  const run: [string, ReactNode][] = [
    [t('run.nextFailure'), press('F')],
    [t('keys.beside'), press('[', ']')],
  ]
  return (
    <Dialog title={t('frame.shortcuts')} close={close}>
      <Switch
        label={t('keys.single')} description={t('keys.singleHelp')} checked={on}
        onChange={(e) => {
          singles.turn(e.currentTarget.checked)
          setOn(e.currentTarget.checked)
        }}
      />
      <List title={t('keys.everywhere')} keys={everywhere} />
      <List title={t('keys.editor')} keys={editor} />
      <List title={t('keys.run')} keys={run} />
    </Dialog>
  )
}

function press(...keys: string[]) {
  return keys.map((k, i) => (
    <span key={k}>
      {i > 0 && ' '}
      <kbd>{k}</kbd>
    </span>
  ))
}

function List({ title, keys }: { title: string; keys: [string, ReactNode][] }) {
  return (
    <section>
      <h3 className="label">{title}</h3>
      <dl className="keys">
        {keys.map(([what, how]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>{how}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

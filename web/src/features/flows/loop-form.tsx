import { NumberInput, SegmentedControl } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Step } from '../../flow/document'
import { TextField } from '../../ui/schema-fields'
import { bare, object, type Form } from './form'

/** LoopForm is the form of for_each and repeat. */
export function LoopForm(p: Form & { step: Step }) {
  const { t } = useTranslation()
  const kind = p.step.kind === 'for_each' ? 'for_each' : 'repeat'
  const loop = object(p.step.fields[kind])
  const expression = (name: string, label: string, required?: boolean) => (
    <TextField label={label} mono expression value={String(loop[name] ?? '')} set={(v) => p.put([kind, name], v || (required ? '' : undefined))} error={p.error(`${kind}.${name}`)} focused={bare(p.focused)} />
  )
  const way = 'while' in loop ? 'while' : 'until'
  return (
    <>
      <p className="dim" style={{ margin: 0 }}>
        {t(`loop.${kind}`)}
      </p>
      {kind === 'for_each' && (
        <>
          {expression('in', t('loop.in'), true)}
          <TextField label={t('loop.as')} description={t('loop.asHelp')} value={String(loop.as ?? '')} set={(v) => p.put([kind, 'as'], v)} error={p.error('for_each.as')} />
        </>
      )}
      <NumberInput
        label={t('loop.max')} description={t(`loop.max_${kind}`)} withAsterisk min={1} max={1000} allowDecimal={false} value={typeof loop.max === 'number' ? loop.max : ''} error={p.error(`${kind}.max`)}
        onChange={(n) => typeof n === 'number' && p.put([kind, 'max'], n)}
      />
      {kind === 'repeat' && (
        <SegmentedControl
          aria-label={t('loop.condition')} value={way} data={(['until', 'while'] as const).map((value) => ({ value, label: t(`loop.${value}`) }))}
          onChange={(v) => {
            const { while: w, until: u, ...rest } = loop
            p.put([kind], { [v]: w ?? u ?? '', ...rest })
          }}
        />
      )}
      {kind === 'repeat' ? expression(way, t('loop.condition'), true) : expression('until', t('loop.early'))}
      {expression('results', t('loop.results'))}
      <p className="dim" style={{ margin: 0 }}>
        {t('loop.reads')}
      </p>
    </>
  )
}

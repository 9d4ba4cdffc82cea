import { Radio } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Failed } from '../../ui/page'
import { Plan, planOf } from '../runs/repair'

export type Parked = 'leave' | 'retime' | 'move' | 'cancel'

/** RollOver asks what is to become of the runs that are under way on other versions, and says what each choice would do. */
export function RollOver({ flow, source, parked, choose }: { flow: string; source?: string; parked: Parked; choose: (p: Parked) => void }) {
  const { t } = useTranslation()
  const request = { action: parked === 'leave' ? ('retime' as const) : parked, flow, behind: true }
  const plan = useQuery({ ...planOf(request, parked === 'cancel' ? undefined : source), enabled: parked !== 'leave' })
  return (
    <div className="stack">
      <Radio.Group label={t('rollOver.title')} value={parked} onChange={(v) => choose(v as Parked)}>
        <div className="stack" style={{ marginTop: 8 }}>
          {(['leave', 'retime', 'move', 'cancel'] as const).map((p) => (
            <Radio key={p} value={p} label={t(`rollOver.${p}`)} description={t(`rollOver.help.${p}`)} />
          ))}
        </div>
      </Radio.Group>
      {parked !== 'leave' && (plan.isError ? <Failed error={plan.error} /> : plan.data ? <Plan plan={plan.data} /> : <p className="dim">{t('repair.looking')}</p>)}
    </div>
  )
}

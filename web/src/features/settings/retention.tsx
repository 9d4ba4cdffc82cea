import { Button, NumberInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, Failure, type Schemas } from '../../api/client'
import { Confirm } from '../../ui/confirm'
import { Failed, Loaded } from '../../ui/page'
import { told } from '../../ui/toast'

const kinds = ['requests', 'payloads', 'messages', 'runs', 'deliveries', 'audit'] as const
type Ages = Partial<Record<(typeof kinds)[number], number>>

/** Retention is how long the workspace keeps things. */
export function Retention() {
  const retention = useQuery({ queryKey: ['retention'], queryFn: () => ask(client.GET('/api/v1/retention')) })
  return <Loaded query={retention}>{(r) => <Form key={JSON.stringify(r.chosen)} retention={r} />}</Loaded>
}

function Form({ retention }: { retention: Schemas['Retention'] }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const [ages, setAges] = useState<Ages>(retention.chosen)
  const [confirming, confirm] = useState(false)
  const put = () => ask(client.PUT('/api/v1/retention', { body: ages }))
  const done = () => {
    told(t('retention.saved'))
    void queryClient.invalidateQueries({ queryKey: ['retention'] })
  }
  const save = useMutation({ mutationFn: put, onSuccess: done })
  const days = (a: Ages, kind: (typeof kinds)[number]) => (a[kind] ?? retention.installation[kind]) || Infinity
  const lost = kinds.filter((k) => days(ages, k) < days(retention.chosen, k))
  const spoken = (n: number) => (n === 0 ? t('retention.forever') : t('retention.days', { count: n }))
  const error = (kind: string) => {
    const found = save.error instanceof Failure ? save.error.problem?.errors?.find((d) => d.path === kind) : undefined
    return found && `${found.message}; ${found.remedy}`
  }
  return (
    <form
      className="card pad stack"
      style={{ maxWidth: '40rem' }}
      onSubmit={(e) => {
        e.preventDefault()
        if (lost.length > 0) confirm(true)
        else save.mutate()
      }}
    >
      <p className="dim" style={{ margin: 0 }}>
        {t('retention.help')}
      </p>
      {kinds.map((kind) => (
        <NumberInput
          key={kind} label={t(`retention.${kind}`)} description={t(`retention.${kind}Help`)} placeholder={t('retention.installation', { days: spoken(retention.installation[kind]) })} value={ages[kind] ?? ''}
          min={0} max={3650} allowDecimal={false} error={error(kind)}
          onChange={(n) => setAges(({ [kind]: _, ...rest }) => (n === '' ? rest : { ...rest, [kind]: Number(n) }))}
        />
      ))}
      {save.isError && <Failed error={save.error} />}
      <div className="row" style={{ justifyContent: 'flex-end' }}>
        <Button type="submit" loading={save.isPending}>
          {t('retention.save')}
        </Button>
      </div>
      {confirming && (
        <Confirm
          title={t('retention.shorter')} text={t('retention.shorterHelp', { what: lost.map((k) => `${t(`retention.${k}`)}: ${spoken(days(ages, k))}`).join(' · ') })} does={t('retention.save')}
          close={() => confirm(false)} act={put} done={done}
        />
      )}
    </form>
  )
}

import { Button, SegmentedControl, Textarea } from '@mantine/core'
import { IconCopyCheck, IconPlayerPlay } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, Failure, type Schemas } from '../../api/client'
import { before, type Json, type Step } from '../../flow/document'
import { Exchanges } from '../runs/exchanges'
import { Failed, Json as Shown, Notice } from '../../ui/page'
import { Status } from '../../ui/status'
import { eventSample, knownOf, values, type Known } from './catalog'
import { useRecent, type Props } from './form'

type Source = 'sample' | 'run' | 'own'
type Tested = Schemas['StepTested']

/** What only a whole run can show: the test bench plays it. */
const played = ['customer_response', 'for_each', 'repeat']

/** calls are the kinds of steps whose test may reach somebody. */
const calls = ['do', 'http']

/**
 * StepTest tries one step with a sample, with what the last real run brought, or with data written by hand. A call that
 * changes something outside is shown before it is made, and asked for once while the step is open.
 */
export function StepTest(p: Props & { step: Step }) {
  const { t, i18n } = useTranslation()
  const { step } = p
  const on = String(p.flow.trigger.on ?? '')
  const recent = useRecent(on, p.flow.name)
  const last = useQuery({
    queryKey: ['runs', 'last', p.flow.name],
    queryFn: async () => {
      const found = await ask(client.GET('/api/v1/runs', { params: { query: { flow: p.flow.name, limit: 1 } } }))
      const id = found.items?.[0]?.id
      return id ? await ask(client.GET('/api/v1/runs/{id}', { params: { path: { id } } })) : null
    },
  })
  const [source, setSource] = useState<Source>('sample')
  const [own, setOwn] = useState<string>()
  const [agreed, setAgreed] = useState(false)
  const [from, setFrom] = useState('')
  const given = (known: Known) => JSON.stringify(values(p.catalog, p.flow, step.path, [...before(p.flow, step.path), step], (recent.data?.data as Json | undefined) ?? eventSample(p.catalog, p.text, on), known), null, 2)
  const shown = source === 'own' ? (own ?? '') : source === 'run' && last.data ? given(knownOf(last.data)) : given({ steps: p.samples })
  const wrong = notAnObject(shown)

  const stop = useRef<AbortController>(undefined)
  const test = useMutation({
    mutationFn: async (call: boolean) => {
      stop.current?.abort()
      stop.current = new AbortController()
      setFrom(p.text)
      return ask(
        client.POST('/api/v1/flows/{name}/steps/{step}/test', {
          params: { path: { name: p.flow.name, step: step.id }, header: { 'Idempotency-Key': crypto.randomUUID() } },
          body: { source: p.text, values: JSON.parse(shown) as never, call },
          signal: stop.current.signal,
        }),
      )
    },
  })
  // What is under way is about a step that is no more as it was.
  useEffect(() => () => stop.current?.abort(), [p.text])

  if (step.kind === undefined || played.includes(step.kind)) return <Notice>{t('steptest.played')}</Notice>
  const tested = test.data
  const asks = tested !== undefined && tested.status === 'active' && !tested.called && calls.includes(tested.kind) && tested.repeat !== 'read'
  const go = async () => {
    const first = agreed || !calls.includes(step.kind!) ? undefined : await test.mutateAsync(false).catch(() => null)
    if (first === null) return // it says why
    if (first === undefined || (first.status === 'active' && first.repeat === 'read')) test.mutate(calls.includes(step.kind!))
  }
  return (
    <div className="stack">
      <div>
        <SegmentedControl
          fullWidth aria-label={t('steptest.data')} value={source} data={(['sample', 'run', 'own'] as const).map((value) => ({ value, label: t(`steptest.${value}`), disabled: value === 'run' && !last.data }))}
          onChange={(v) => {
            if (v === 'own') setOwn(shown)
            setSource(v as Source)
          }}
        />
        <div className="dim" style={{ fontSize: 12, marginTop: 4 }}>
          {t(source === 'run' ? 'steptest.runHelp' : source === 'own' ? 'steptest.ownHelp' : 'steptest.sampleHelp')}
        </div>
      </div>
      <details open={source === 'own' || wrong}>
        <summary>{t('steptest.values')}</summary>
        <Textarea
          aria-label={t('steptest.values')} autosize minRows={4} maxRows={16} value={shown} error={wrong ? t('form.json') : undefined} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12.5 } }}
          onChange={(e) => {
            setOwn(e.currentTarget.value)
            setSource('own')
          }}
        />
      </details>
      {test.isError && !aborted(test.error) && <Failed error={test.error} />}
      {asks && (
        <Notice
          tone="warning"
          action={
            <Button
              size="compact-sm"
              onClick={() => {
                setAgreed(true)
                test.mutate(true)
              }}
            >
              {t('steptest.really')}
            </Button>
          }
        >
          {t(tested.repeat === 'once' ? 'steptest.once' : 'steptest.idempotent')}
        </Notice>
      )}
      {tested && <Result tested={tested} stale={from !== p.text} language={i18n.language} />}
      <div className="retest">
        <Button leftSection={<IconPlayerPlay size={16} />} onClick={() => void go()} loading={test.isPending} disabled={wrong}>
          {t(tested ? 'steptest.again' : 'steptest.test')}
        </Button>
        {tested && tested.status === 'succeeded' && (tested.kind === 'set' || tested.output !== undefined) && (
          <Button variant="default" leftSection={<IconCopyCheck size={16} />} onClick={() => p.keep(step.id, (tested.kind === 'set' ? tested.input : tested.output) as Json)}>
            {t('steptest.keep')}
          </Button>
        )}
        {step.id in p.samples && <span className="dim">{t('steptest.kept')}</span>}
      </div>
    </div>
  )
}

function Result({ tested, stale, language }: { tested: Tested; stale: boolean; language: string }) {
  const { t } = useTranslation()
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 })
  return (
    <section className="stack" aria-live="polite" aria-label={t('steptest.result')}>
      <div className="row wrap">
        {(tested.called || tested.status !== 'active') && <Status state={tested.status} />}
        {tested.exit && <strong>→ {t(`branch.${tested.exit as 'then'}`, { defaultValue: tested.exit })}</strong>}
        {tested.called && <span className="dim">{t('run.ms', { ms: number.format(tested.duration_ms ?? 0) })}</span>}
        {stale && <span className="dim">{t('steptest.stale')}</span>}
      </div>
      {tested.failure && (
        <Notice tone="failed">
          {tested.failure.message}
          {tested.failure.detail && <div className="mono">{tested.failure.detail}</div>}
        </Notice>
      )}
      <div className="sides">
        <div>
          <h3 className="label">{t('run.input')}</h3>
          {tested.input === undefined ? <span className="dim">–</span> : <Shown value={tested.input} label={t('run.input')} />}
        </div>
        <div>
          <h3 className="label">{t('run.output')}</h3>
          {tested.output === undefined ? <span className="dim">{!tested.called && calls.includes(tested.kind) ? t('steptest.notCalled') : '–'}</span> : <Shown value={tested.output} label={t('run.output')} />}
        </div>
      </div>
      <Exchanges exchanges={tested.exchanges ?? []} />
    </section>
  )
}

function notAnObject(text: string): boolean {
  try {
    const v = JSON.parse(text) as Json
    return typeof v !== 'object' || v === null || Array.isArray(v)
  } catch {
    return true
  }
}

function aborted(error: unknown): boolean {
  return !(error instanceof Failure) && error instanceof DOMException
}

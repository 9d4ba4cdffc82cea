import { ActionIcon, Button, Slider, Textarea, TextInput } from '@mantine/core'
import { IconSend, IconTrash, IconX } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import type { Flow, Json } from '../../flow/document'
import { all } from '../../flow/document'
import { Failed, Notice } from '../../ui/page'
import { Status } from '../../ui/status'
import { duration } from '../../ui/time'
import { action, eventSample, type Catalog } from './catalog'
import { useRecent } from './form'
import type { Mark } from './canvas'

type Trace = Schemas['TrialTrace']
type Act = Omit<Schemas['TrialAct'], 'at_seconds'>

interface Props {
  text: string
  flow: Flow
  catalog: Catalog
  close: () => void
  mark: (marks: Map<string, Mark> | undefined) => void
}

/**
 * Bench plays the flow on a virtual clock: one picks a moment on the slider, answers on the phone or stays silent, and
 * sees at once which way the flow goes. Nothing leaves the gateway.
 */
export function Bench({ text, flow, catalog, close, mark }: Props) {
  const { t, i18n } = useTranslation()
  const on = String(flow.trigger.on ?? '')
  const recent = useRecent(on, flow.name)
  const [event, setEvent] = useState<string>()
  const [script, setScript] = useState<Schemas['TrialAct'][]>([])
  const [at, setAt] = useState<number>()
  const [answer, setAnswer] = useState('')
  const fresh = JSON.stringify(recent.data?.data ?? eventSample(catalog, text, on), null, 2)
  const shown = event ?? fresh

  const play = useMutation({
    mutationFn: async (acts: Schemas['TrialAct'][]) => {
      const data = JSON.parse(shown) as Json
      return ask(client.POST('/api/v1/flows/try', { body: { source: text, event: data as never, script: acts } }))
    },
  })
  const trace = play.data
  const end = trace ? last(trace) : 0
  const now = Math.min(at ?? end, end)

  useEffect(() => {
    mark(trace && marksOf(flow, trace, now))
  }, [trace, now, flow, mark])
  useEffect(() => () => mark(undefined), [mark])

  let bad = ''
  try {
    JSON.parse(shown)
  } catch {
    bad = t('form.json')
  }
  const replay = (acts: Schemas['TrialAct'][], moment?: number) => {
    setScript(acts)
    setAt(moment)
    play.mutate(acts)
  }
  const happen = (act: Act) => replay([...script.filter((s) => s.at_seconds <= now), { at_seconds: Math.round(now), ...act }])
  const say = () => {
    setAnswer('')
    happen({ say: answer })
  }

  return (
    <aside className="bench" aria-label={t('bench.label')}>
      <div className="card-head">
        <div className="grow">
          <h2>{t('bench.label')}</h2>
          <div className="dim" style={{ fontSize: 12 }}>
            {t('bench.help')}
          </div>
        </div>
        <ActionIcon variant="subtle" color="gray" onClick={close} aria-label={t('do.close')}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      <div className="bench-body stack">
        <details open={!trace}>
          <summary>{recent.data && event === undefined ? t('bench.lastEvent') : t('bench.event')}</summary>
          <Textarea
            aria-label={t('bench.event')} autosize minRows={4} maxRows={14} value={shown} error={bad} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12.5 } }}
            onChange={(e) => setEvent(e.currentTarget.value)}
          />
        </details>
        <div className="row wrap">
          <Button onClick={() => replay([])} loading={play.isPending} disabled={bad !== ''}>
            {trace ? t('bench.again') : t('bench.play')}
          </Button>
          {script.length > 0 && (
            <Button variant="default" onClick={() => replay([])} leftSection={<IconTrash size={14} />}>
              {t('bench.silent')}
            </Button>
          )}
        </div>
        {play.isError && <Failed error={play.error} />}
        {trace && (
          <>
            <div className="spread">
              <Status state={trace.status} />
              <span className="dim" data-testid="bench-clock">
                {t('bench.clock', { span: duration(now, i18n.language), of: duration(end, i18n.language) })}
              </span>
            </div>
            {trace.failure && <Notice tone="failed">{trace.failure.message}</Notice>}
            <Slider
              min={0} max={Math.max(end, 1)} step={1} value={now} onChange={setAt} label={(v) => duration(v, i18n.language)} thumbLabel={t('bench.time')}
              marks={moments(trace).map((value) => ({ value }))}
            />
            <Phone flow={flow} catalog={catalog} trace={trace} script={script} now={now} />
            <form
              className="row"
              onSubmit={(e) => {
                e.preventDefault()
                if (answer) say()
              }}
            >
              <TextInput className="grow" aria-label={t('bench.answer')} placeholder={t('bench.answerAt', { span: duration(now, i18n.language) })} value={answer} onChange={(e) => setAnswer(e.currentTarget.value)} />
              <ActionIcon type="submit" size={36} disabled={!answer} aria-label={t('bench.send')}>
                <IconSend size={16} />
              </ActionIcon>
            </form>
            <Receipts flow={flow} catalog={catalog} trace={trace} now={now} happen={happen} />
            <Takeover trace={trace} now={now} happen={(act, at) => replay([...script.filter((s) => s.at_seconds <= at), { at_seconds: at, ...act }], at)} />
            <Steps trace={trace} now={now} />
          </>
        )}
      </div>
    </aside>
  )
}

/** Receipts let the latest message arrive, be read, or be lost, at the moment of the slider. */
function Receipts({ flow, catalog, trace, now, happen }: { flow: Flow; catalog: Catalog; trace: Trace; now: number; happen: (act: Act) => void }) {
  const { t } = useTranslation()
  const sends = new Set(all(flow.steps).filter((s) => s.kind === 'do' && action(catalog, String(s.fields.do ?? ''))?.sends).map((s) => s.id))
  const latest = (trace.calls ?? []).filter((c) => c.at <= now && sends.has(c.step)).at(-1)?.step
  if (!latest) return null
  return (
    <div className="row wrap" role="group" aria-label={t('bench.message')}>
      <span className="dim">{t('bench.message')}:</span>
      {(['deliver', 'read', 'undeliver'] as const).map((what) => (
        <Button key={what} size="compact-sm" variant="default" onClick={() => happen({ [what]: latest })}>
          {t(`bench.${what}`)}
        </Button>
      ))}
    </div>
  )
}

/** Takeover lets a person write to the customer while a question is open, and lets the question go on if it pauses for that. */
function Takeover({ trace, now, happen }: { trace: Trace; now: number; happen: (act: Act, at: number) => void }) {
  const { t } = useTranslation()
  const open = (trace.waits ?? []).find((w) => w.opened_at <= now && !(trace.steps ?? []).some((s) => s.id === w.step && s.iteration === w.iteration && (s.ended_at ?? Infinity) <= now))
  if (!open || trace.ended_at === now) return null
  const at = Math.max(Math.round(now), Math.floor(open.opened_at) + 1) // what happens in the second of the question comes before it
  const paused = open.pauses?.some((p) => p.from <= now && now < (p.to ?? Infinity))
  return (
    <>
      {paused && <Notice tone="waiting">{t('bench.paused', { step: open.step })}</Notice>}
      <div className="row wrap" role="group" aria-label={t('bench.question')}>
        <span className="dim">{t('bench.question')}:</span>
        <Button size="compact-sm" variant="default" onClick={() => happen({ takeover: t('bench.personWrote') }, at)}>
          {t('bench.takeover')}
        </Button>
        {paused && (
          <Button size="compact-sm" variant="default" onClick={() => happen({ resume: open.step }, at)}>
            {t('wait.resume')}
          </Button>
        )}
      </div>
    </>
  )
}

/** last is when nothing more happens. */
function last(trace: Trace): number {
  return Math.max(trace.ended_at ?? 0, ...(trace.steps ?? []).map((s) => s.ended_at ?? s.started_at), ...(trace.heard ?? []).map((h) => h.at), ...(trace.waits ?? []).map((w) => (w.state === 'open' || w.state === 'collecting' ? w.deadline : 0)))
}

/** moments are the instants at which something happens, to be found on the slider. */
function moments(trace: Trace): number[] {
  return [...new Set([...(trace.steps ?? []).map((s) => s.started_at), ...(trace.waits ?? []).flatMap((w) => [w.deadline, ...(w.pauses ?? []).flatMap((p) => [p.from, p.to ?? p.from])])])]
}

/** marksOf says what each step of the flow looks like at a moment. */
export function marksOf(flow: Flow, trace: Trace, now: number): Map<string, Mark> {
  const place = new Map(all(flow.steps).map((s) => [s.id, s.path.join('.')]))
  const marks = new Map<string, Mark>([['trigger', 'passed']])
  for (const s of trace.steps ?? []) {
    const at = place.get(s.id)
    if (!at || s.started_at > now) continue
    if (s.ended_at === undefined || s.ended_at > now) marks.set(at, 'here')
    else marks.set(at, s.status === 'failed' ? 'broke' : 'passed')
  }
  return marks
}

interface Said {
  at: number
  out: boolean
  text: string
  note?: string
}

function Phone({ flow, catalog, trace, script, now }: { flow: Flow; catalog: Catalog; trace: Trace; script: Schemas['TrialAct'][]; now: number }) {
  const { t, i18n } = useTranslation()
  const said = useMemo(() => {
    const byID = new Map(all(flow.steps).map((s) => [s.id, s]))
    const out: Said[] = []
    for (const c of trace.calls ?? []) {
      const step = byID.get(c.step)
      if (step?.kind !== 'customer_response' && !action(catalog, String(step?.fields.do ?? ''))?.sends) continue
      const input = (c.input ?? {}) as Record<string, unknown>
      out.push({ at: c.at, out: true, text: String(input.text ?? t('bench.template', { name: String(input.template ?? c.step) })) })
    }
    for (const h of trace.heard ?? []) out.push({ at: h.at, out: false, text: h.text, note: t(`state.${h.disposition}`, { defaultValue: h.disposition }) })
    for (const s of script) if (s.takeover) out.push({ at: s.at_seconds, out: true, text: s.takeover, note: t('bench.person') })
    // What answers a message stands below it, though it takes no time on this clock; nobody answers what was not asked yet.
    return out.sort((a, b) => a.at - b.at || (a.at > 0 ? Number(a.out) - Number(b.out) : 0))
  }, [flow, catalog, trace, script, t])
  const visible = said.filter((s) => s.at <= now)
  return (
    <div className="phone" role="log" aria-label={t('bench.phone')}>
      {visible.length === 0 && <span className="dim">{t('bench.nothingSaid')}</span>}
      {visible.map((s, i) => (
        <div key={i} className={`bubble ${s.out ? 'out' : 'in'}`}>
          {s.text}
          <span className="when">
            {duration(s.at, i18n.language)}
            {s.note && ` · ${s.note}`}
          </span>
        </div>
      ))}
    </div>
  )
}

function Steps({ trace, now }: { trace: Trace; now: number }) {
  const { t, i18n } = useTranslation()
  return (
    <ol className="bench-steps" aria-label={t('bench.path')} style={{ margin: 0, paddingLeft: 20 }}>
      {(trace.steps ?? [])
        .filter((s) => s.started_at <= now)
        .map((s) => (
          <li key={`${s.id} ${s.iteration ?? ''}`}>
            <span className="mono">
              {s.id}
              {s.iteration && ` #${s.iteration}`}
            </span>
            {s.exit && (s.ended_at ?? Infinity) <= now && <strong> → {t(`branch.${s.exit}`, { defaultValue: s.exit })}</strong>}{' '}
            <span className="dim">{duration(s.started_at, i18n.language)}</span>
            {s.failure && <div style={{ color: 'var(--failed)' }}>{s.failure.message}</div>}
          </li>
        ))}
    </ol>
  )
}

import type { Schemas } from '../../api/client'

/** stepName tells a step's iterations apart. */
export function stepName(id: string, iteration?: string): string {
  return iteration ? `${id} #${iteration}` : id
}

/** failedEntries reports whether an entry of the run's history tells of a failure. */
export function failedEntries(run: Pick<Schemas['RunDetail'], 'steps' | 'status' | 'ended_at'>): (e: Schemas['TimelineEntry']) => boolean {
  const at = new Set<string>()
  const mark = (kind: string, step: string, time?: string) => time && at.add(`${kind} ${step} ${Date.parse(time)}`)
  for (const s of run.steps ?? []) {
    const key = stepName(s.id, s.iteration)
    for (const a of s.attempts ?? []) if (a.outcome !== 'succeeded') mark('call', key, a.ended_at)
    if (s.status === 'failed') mark('step', key, s.ended_at)
  }
  if (run.status === 'failed') mark('run', '', run.ended_at)
  return (e) => at.has(`${e.kind} ${e.kind === 'run' ? '' : stepName(e.step ?? '', e.iteration)} ${Date.parse(e.at)}`)
}

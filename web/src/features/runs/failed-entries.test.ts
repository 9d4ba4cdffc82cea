import { expect, it } from 'vitest'
import type { Schemas } from '../../api/client'
import { failedEntries } from './failed-entries'

const at = (seconds: number) => new Date(seconds * 1000).toISOString()
const tried = (number: number, to: number, outcome: string) => ({ number, attempt: number, ended_at: at(to), outcome }) as Schemas['Attempt']

it('knows which entries tell of a failure', () => {
  const failed = failedEntries({ status: 'failed', ended_at: at(9), steps: [{ id: 'send', kind: 'do', status: 'failed', started_at: at(0), ended_at: at(9), attempts: [tried(1, 1, 'retryable'), tried(2, 9, 'permanent')] }] })
  const entry = (kind: string, seconds: number, step?: string) => ({ kind, at: at(seconds), step, text: '' }) as Schemas['TimelineEntry']
  expect([entry('call', 1, 'send'), entry('step', 9, 'send'), entry('run', 9), entry('step', 0, 'send'), entry('run', 0), entry('call', 1, 'other')].map(failed)).toEqual([true, true, true, false, false, false])
})

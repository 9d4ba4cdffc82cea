import { Button, TextInput } from '@mantine/core'
import { IconClockHour4 } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { useSession } from '../../app/frame'
import { Ask } from '../../ui/dialog'
import { Fact, Failed } from '../../ui/page'
import { Status } from '../../ui/status'
import { Countdown, exact, Time } from '../../ui/time'
import { told } from '../../ui/toast'

/** WaitFacts tells how a question stands. */
export function WaitFacts({ wait }: { wait: Schemas['Wait'] }) {
  const { t, i18n } = useTranslation()
  return (
    <dl className="facts">
      <Fact name={t('wait.state')}>
        <Status state={wait.state} />
      </Fact>
      <Fact name={t('wait.opened')}>
        <Time at={wait.opened_at} />
      </Fact>
      <Fact name={t('wait.deadline')}>{exact(wait.deadline, i18n.language)}</Fact>
      {wait.closed_at && (
        <Fact name={t('wait.closed')}>
          <Time at={wait.closed_at} /> {wait.claimed_by && t(`claimedBy.${wait.claimed_by}`, { defaultValue: wait.claimed_by })}
        </Fact>
      )}
    </dl>
  )
}

/** OpenWait counts down to the deadline and lets one answer for the contact. */
export function OpenWait({ wait }: { wait: Schemas['Wait'] }) {
  const { t } = useTranslation()
  const session = useSession()
  const queryClient = useQueryClient()
  const [text, setText] = useState('')
  const reply = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/waits/{id}/reply', { params: { path: { id: wait.id } }, body: { text } })),
    onSuccess: () => {
      told(t('wait.answered'))
      setText('')
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['runs'] }),
  })
  const [ending, setEnding] = useState(false)
  const timeout = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/waits/{id}/timeout', { params: { path: { id: wait.id } } })),
    onSuccess: () => {
      told(t('wait.timedOut'))
      setEnding(false)
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['runs'] }),
  })
  const resume = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/runs/{id}/resume', { params: { path: { id: wait.run_id } } })),
    onSuccess: () => told(t('wait.resumed')),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['runs'] }),
  })
  return (
    <div className="card pad stack">
      <div className="row wrap">
        <IconClockHour4 size={20} stroke={1.75} color="var(--waiting)" aria-hidden />
        <div className="grow said">
          {wait.paused_at ? (
            <>
              <strong>{t('wait.paused')}</strong> {wait.fire_at && <Countdown until={wait.fire_at} />}
            </>
          ) : (
            <>
              <strong>{t('wait.title')}</strong> <Countdown until={wait.deadline} />
            </>
          )}
          <div className="dim">{t(wait.paused_at ? 'wait.pausedHelp' : 'wait.then')}</div>
        </div>
        {session.may('operate') && (
          <div className="row wrap">
            {wait.paused_at && (
              <Button size="compact-sm" loading={resume.isPending} onClick={() => resume.mutate()}>
                {t('wait.resume')}
              </Button>
            )}
            <Button size="compact-sm" variant="default" onClick={() => setEnding(true)}>
              {t('wait.timeout')}
            </Button>
          </div>
        )}
      </div>
      {resume.isError && <Failed error={resume.error} />}
      {ending && (
        <Ask title={t('wait.timeout')} close={() => setEnding(false)} act={timeout} does={t('wait.timeout')}>
          <p>{t('wait.timeoutHelp')}</p>
        </Ask>
      )}
      {session.may('operate') && (
        <form
          className="row"
          onSubmit={(e) => {
            e.preventDefault()
            reply.mutate()
          }}
        >
          <TextInput className="grow" aria-label={t('wait.answerFor')} placeholder={t('wait.answerFor')} value={text} onChange={(e) => setText(e.currentTarget.value)} />
          <Button type="submit" variant="default" disabled={!text} loading={reply.isPending}>
            {t('wait.answer')}
          </Button>
        </form>
      )}
      {reply.isError && <Failed error={reply.error} />}
    </div>
  )
}

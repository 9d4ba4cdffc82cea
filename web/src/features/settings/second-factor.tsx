import { Button, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, Failure, type Schemas } from '../../api/client'
import { useSession } from '../../app/frame'
import { gate } from '../../app/session'
import { Copy, Failed, Notice } from '../../ui/page'
import { Status } from '../../ui/status'
import { told } from '../../ui/toast'
import { Password } from '../../ui/password'

/** SecondFactor switches a person's own second factor on and off. */
export function SecondFactor() {
  const { t } = useTranslation()
  const { user } = useSession()
  const [codes, setCodes] = useState<string[]>()
  return (
    <div className="card pad stack">
      <div className="spread">
        <h2>{t('totp.title')}</h2>
        {user.totp && <Status state="active" />}
      </div>
      <p className="dim" style={{ margin: 0 }}>
        {t('totp.help')}
      </p>
      {codes && <Recovery codes={codes} />}
      {user.totp ? <SwitchOff done={() => setCodes(undefined)} /> : <SwitchOn done={setCodes} />}
    </div>
  )
}

/** useAgain reads who is signed in anew. */
export function useAgain() {
  const queryClient = useQueryClient()
  return async () => {
    const session = await ask(client.GET('/api/v1/session'))
    queryClient.setQueryData(gate.queryKey, { session })
  }
}

function fieldOf(error: unknown, field: string) {
  return error instanceof Failure ? error.field(field) : undefined
}

function SwitchOn({ done }: { done: (codes: string[]) => void }) {
  const { t } = useTranslation()
  const again = useAgain()
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const begin = useMutation({ mutationFn: () => ask(client.POST('/api/v1/session/totp', { body: { password } })) })
  const confirm = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/session/totp/confirm', { body: { code } })),
    onSuccess: async ({ codes }) => {
      done(codes ?? [])
      await again()
    },
  })
  if (!begin.data) {
    return (
      <form
        className="stack"
        onSubmit={(e) => {
          e.preventDefault()
          begin.mutate()
        }}
      >
        <OldPassword value={password} change={setPassword} error={fieldOf(begin.error, 'password')} />
        {begin.isError && !fieldOf(begin.error, 'password') && <Failed error={begin.error} />}
        <Button type="submit" variant="default" loading={begin.isPending}>
          {t('totp.begin')}
        </Button>
      </form>
    )
  }
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault()
        confirm.mutate()
      }}
    >
      <Scan made={begin.data} />
      <TextInput label={t('person.code')} autoComplete="one-time-code" inputMode="numeric" required value={code} error={fieldOf(confirm.error, 'code')} onChange={(e) => setCode(e.currentTarget.value)} />
      {confirm.isError && !fieldOf(confirm.error, 'code') && <Failed error={confirm.error} />}
      <Button type="submit" loading={confirm.isPending}>
        {t('totp.confirm')}
      </Button>
    </form>
  )
}

function Scan({ made }: { made: Schemas['NewTOTP'] }) {
  const { t } = useTranslation()
  return (
    <>
      <p style={{ margin: 0 }}>{t('totp.scan')}</p>
      <img src={made.qr} width={240} height={240} alt={t('totp.qr')} style={{ alignSelf: 'center', borderRadius: 8 }} />
      <Copy text={made.secret} />
    </>
  )
}

export function Recovery({ codes }: { codes: string[] }) {
  const { t } = useTranslation()
  return (
    <>
      <Notice tone="warning">{t('totp.recovery')}</Notice>
      <Copy text={codes.join('\n')} label={t('totp.copyAll')} />
      <ul className="mono" style={{ columns: 2, margin: 0, listStyle: 'none', padding: 0 }}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
    </>
  )
}

function SwitchOff({ done }: { done: () => void }) {
  const { t } = useTranslation()
  const again = useAgain()
  const [password, setPassword] = useState('')
  const end = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/session/totp/end', { body: { password } })),
    onSuccess: async () => {
      done()
      told(t('totp.ended'))
      await again()
    },
  })
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault()
        end.mutate()
      }}
    >
      <OldPassword value={password} change={setPassword} error={fieldOf(end.error, 'password')} />
      {end.isError && !fieldOf(end.error, 'password') && <Failed error={end.error} />}
      <Button type="submit" variant="default" color="red" loading={end.isPending}>
        {t('totp.end')}
      </Button>
    </form>
  )
}

function OldPassword({ value, change, error }: { value: string; change: (v: string) => void; error?: string }) {
  const { t } = useTranslation()
  return <Password label={t('account.old')} autoComplete="current-password" value={value} onChange={(e) => change(e.currentTarget.value)} error={error} />
}

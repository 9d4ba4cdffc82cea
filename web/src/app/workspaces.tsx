import { Button, Menu, TextInput } from '@mantine/core'
import { IconSelector } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, Failure } from '../api/client'
import { Confirm } from '../ui/confirm'
import { Ask } from '../ui/dialog'
import { failed } from '../ui/toast'
import type { Session } from './session'

const go = async (workspace: string) => {
  await ask(client.POST('/api/v1/session/workspace', { body: { workspace } }))
  location.assign('/') // a new page: nothing of the other workspace stays in memory
}

/** Workspaces goes from one workspace to another. Who has only one and makes no others sees nothing of it. */
export function Workspaces({ session }: { session: Session }) {
  const { t } = useTranslation()
  const [making, setMaking] = useState(false)
  const [leaving, setLeaving] = useState(false)
  const all = session.workspaces ?? []
  const here = all.find((w) => w.id === session.workspace)
  const enter = useMutation({ mutationFn: go, onError: (error) => failed(error, t('failed.unreachable')) })
  if (!here || (all.length < 2 && !session.makes_workspaces)) return null
  return (
    <>
      <Menu position="bottom-start" width={216}>
        <Menu.Target>
          <Button variant="default" justify="space-between" mb={8} rightSection={<IconSelector size={14} />} loading={enter.isPending} aria-label={t('workspaces.switch', { name: here.name })}>
            {here.name}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {all.map((w) => (
            <Menu.Item key={w.id} aria-current={w === here} onClick={() => w !== here && enter.mutate(w.id)}>
              {w.name} {w === here && '✓'}
            </Menu.Item>
          ))}
          <Menu.Divider />
          {session.makes_workspaces && <Menu.Item onClick={() => setMaking(true)}>{t('workspaces.new')}</Menu.Item>}
          {all.length > 1 && (
            <Menu.Item color="red" onClick={() => setLeaving(true)}>
              {t('workspaces.leave', { name: here.name })}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {making && <Make close={() => setMaking(false)} />}
      {leaving && (
        <Confirm
          title={t('workspaces.leave', { name: here.name })} text={t('workspaces.leaveHelp')} does={t('workspaces.doLeave')} close={() => setLeaving(false)}
          act={async () => {
            const next = all.find((w) => w !== here)!
            await ask(client.POST('/api/v1/session/workspace', { body: { workspace: next.id } })) // first, or the session would end too
            await ask(client.DELETE('/api/v1/session/workspaces/{id}', { params: { path: { id: here.id } } }))
          }}
          done={() => location.assign('/')}
        />
      )}
    </>
  )
}

/** Make makes a workspace and goes there. */
function Make({ close }: { close: () => void }) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const [zone, setZone] = useState(Intl.DateTimeFormat().resolvedOptions().timeZone)
  const make = useMutation({
    mutationFn: async () => go((await ask(client.POST('/api/v1/workspaces', { body: { name, time_zone: zone } }))).id),
  })
  const wrong = (field: string) => (make.error instanceof Failure ? make.error.field(field) : undefined)
  return (
    <Ask title={t('workspaces.new')} close={close} act={make} does={t('workspaces.make')} ready={name !== ''} placed={!!(wrong('name') || wrong('time_zone'))}>
      <p style={{ margin: 0 }}>{t('workspaces.help')}</p>
      <TextInput label={t('workspaces.name')} required data-autofocus value={name} error={wrong('name')} onChange={(e) => setName(e.currentTarget.value)} />
      <TextInput label={t('workspaces.zone')} placeholder="Europe/Madrid" value={zone} error={wrong('time_zone')} onChange={(e) => setZone(e.currentTarget.value)} />
    </Ask>
  )
}

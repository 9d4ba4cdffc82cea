import { Button, Menu, Select, TextInput } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, Failure, type Schemas } from '../../api/client'
import { useSession } from '../../app/frame'
import { Confirm } from '../../ui/confirm'
import { Ask, Dialog } from '../../ui/dialog'
import { Copy, Notice } from '../../ui/page'
import { Status } from '../../ui/status'
import { failed, told } from '../../ui/toast'
import { Roles } from './roles'
import { Section } from './section'

const roles = ['viewer', 'operator', 'builder', 'admin', 'owner'] as const
type Role = (typeof roles)[number]

export function People() {
  const { t } = useTranslation()
  const session = useSession()
  const [inviting, setInviting] = useState(false)
  const [link, setLink] = useState<Schemas['UserLink']>()
  const users = useQuery({ queryKey: ['users'], queryFn: () => ask(client.GET('/api/v1/users', { params: { query: { limit: 200 } } })) })
  return (
    <div className="stack">
      <Section
        query={users} help={t('people.help')} empty="" add={t('people.invite')} make={() => setInviting(true)} id={(u) => u.id}
        columns={[
          { head: t('person.name'), cell: (u) => u.name },
          { head: t('person.email'), cell: (u) => u.email },
          { head: t('person.role'), cell: (u) => t(`role.${u.role}`) },
          { head: t('flows.state'), cell: (u) => <Standing user={u} me={session.user.id === u.id} /> },
          { className: 'end', cell: (u) => <Actions user={u} me={session.user.id === u.id} linked={setLink} /> },
        ]}
      />
      <Policy />
      <Roles />
      {inviting && <Invite close={() => setInviting(false)} linked={setLink} />}
      {link && (
        <Dialog title={link.link ? t('people.linkTitle', { name: link.name }) : link.name} close={() => setLink(undefined)}>
          <p>{t(link.link ? 'people.linkHelp' : 'people.known', { name: link.name })}</p>
          {link.link && <Copy text={link.link} label={`${link.link.slice(0, 48)}…`} />}
        </Dialog>
      )}
    </div>
  )
}

const asked = ['default', 'nobody', 'admins', 'everybody'] as const

/** Policy says of whom a second factor is asked. */
function Policy() {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const policy = useQuery({ queryKey: ['second-factor'], queryFn: () => ask(client.GET('/api/v1/second-factor')) })
  const set = useMutation({
    mutationFn: (required_of: (typeof asked)[number]) => ask(client.PUT('/api/v1/second-factor', { body: { required_of } })),
    onSuccess: (now) => {
      queryClient.setQueryData(['second-factor'], now)
      told(t('policy.saved'))
    },
    onError: (error) => failed(error, t('failed.unreachable')),
  })
  if (!policy.data) return null
  const value = policy.data.default ? 'default' : policy.data.required_of
  const name = (of: (typeof asked)[number]) => (of !== 'default' ? t(`policy.${of}`) : policy.data.default ? t('policy.defaultIs', { of: t(`policy.${policy.data.required_of}`) }) : t('policy.default'))
  return <Select label={t('policy.label')} description={t('policy.help')} maw={480} allowDeselect={false} data={asked.map((of) => ({ value: of, label: name(of) }))} value={value} disabled={set.isPending} onChange={(of) => of && of !== value && set.mutate(of as (typeof asked)[number])} />
}

/** Standing is how somebody stands to the workspace; who looks has come, whatever way they took. */
function Standing({ user: u, me }: { user: Schemas['User']; me: boolean }) {
  const { t } = useTranslation()
  if (u.disabled) return <Status state="disabled" />
  if (u.invited && !me) return <Status state="invited" />
  return <span className="dim">{u.totp || u.passkeys > 0 ? t('totp.short') : '–'}</span>
}

function Actions({ user, me, linked }: { user: Schemas['User']; me: boolean; linked: (l: Schemas['UserLink']) => void }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const again = () => queryClient.invalidateQueries({ queryKey: ['users'] })
  const change = useMutation({
    mutationFn: (body: { role?: Role; disabled?: boolean }) => ask(client.PATCH('/api/v1/users/{id}', { params: { path: { id: user.id } }, body })),
    onSuccess: () => told(t('people.changed', { name: user.name })),
    onError: (error) => failed(error, t('failed.unreachable')),
    onSettled: again,
  })
  const link = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/users/{id}/link', { params: { path: { id: user.id } } })),
    onSuccess: linked,
    onError: (error) => failed(error, t('failed.unreachable')),
  })
  const removeFactor = useMutation({
    mutationFn: () => ask(client.DELETE('/api/v1/users/{id}/second-factor', { params: { path: { id: user.id } } })),
    onSuccess: () => told(t('people.changed', { name: user.name })),
    onError: (error) => failed(error, t('failed.unreachable')),
    onSettled: again,
  })
  const signOut = useMutation({
    mutationFn: () => ask(client.DELETE('/api/v1/users/{id}/sessions', { params: { path: { id: user.id } } })),
    onSuccess: () => told(t('people.signedOut', { name: user.name })),
    onError: (error) => failed(error, t('failed.unreachable')),
  })
  const [removing, setRemoving] = useState(false)
  return (
    <>
      {removing && (
        <Confirm
          title={t('people.remove')} text={t('people.removeHelp', { name: user.name })} does={t('people.remove')} close={() => setRemoving(false)} done={() => void again()}
          act={() => ask(client.DELETE('/api/v1/users/{id}', { params: { path: { id: user.id } } }))}
        />
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="compact-sm" variant="default" rightSection={<IconChevronDown size={14} />} aria-label={`${t('run.actions')}: ${user.name}`}>
            {t('run.actions')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t('people.makeRole')}</Menu.Label>
          {roles
            .filter((r) => r !== user.role)
            .map((r) => (
              <Menu.Item key={r} onClick={() => change.mutate({ role: r })}>
                {t(`role.${r}`)}
              </Menu.Item>
            ))}
          <Menu.Divider />
          <Menu.Item onClick={() => link.mutate()}>{t('people.newLink')}</Menu.Item>
          {!me && <Menu.Item onClick={() => signOut.mutate()}>{t('people.signOut')}</Menu.Item>}
          {(user.totp || user.passkeys > 0) && !me && <Menu.Item onClick={() => removeFactor.mutate()}>{t('people.removeFactor')}</Menu.Item>}
          {!me && (
            <Menu.Item color={user.disabled ? undefined : 'red'} onClick={() => change.mutate({ disabled: !user.disabled })}>
              {user.disabled ? t('people.enable') : t('people.disable')}
            </Menu.Item>
          )}
          {!me && (
            <Menu.Item color="red" onClick={() => setRemoving(true)}>
              {t('people.remove')}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
    </>
  )
}

function Invite({ close, linked }: { close: () => void; linked: (l: Schemas['UserLink']) => void }) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const [body, setBody] = useState<{ email: string; name: string; role: Role }>({ email: '', name: '', role: 'builder' })
  const invite = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/users', { body })),
    onSuccess: async (l) => {
      await queryClient.invalidateQueries({ queryKey: ['users'] })
      close()
      linked(l)
    },
  })
  const wrong = (field: string) => (invite.error instanceof Failure ? invite.error.field(field) : undefined)
  return (
    <Ask title={t('people.invite')} close={close} act={invite} does={t('people.invite')} placed={!!(wrong('email') || wrong('role'))}>
        <TextInput label={t('person.email')} type="email" required data-autofocus value={body.email} error={wrong('email')} onChange={(e) => setBody({ ...body, email: e.currentTarget.value })} />
        <TextInput label={t('person.name')} value={body.name} onChange={(e) => setBody({ ...body, name: e.currentTarget.value })} />
        <Select label={t('person.role')} description={t(`roleHelp.${body.role}`)} data={roles.map((r) => ({ value: r, label: t(`role.${r}`) }))} value={body.role} allowDeselect={false} error={wrong('role')} onChange={(r) => r && setBody({ ...body, role: r as Role })} />
        <Notice>{t('people.inviteHelp')}</Notice>
    </Ask>
  )
}

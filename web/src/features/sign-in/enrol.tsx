import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { ask, client } from '../../api/client'
import { useSession } from '../../app/frame'
import { useTitle } from '../../ui/page'
import { Passkeys } from '../settings/passkeys'
import { SecondFactor } from '../settings/second-factor'

/** Enrol has a person set up the second factor that their workspace asks for. It stays until they have seen the recovery codes. */
export default function Enrol({ done }: { done: () => void }) {
  const { t } = useTranslation()
  useTitle(t('enrol.title'))
  const { lacks_factor: lacks } = useSession()
  return (
    <main className="page stack" style={{ maxWidth: 560, margin: '0 auto' }}>
      <h1>{t('enrol.title')}</h1>
      <p style={{ margin: 0 }}>{t('enrol.help')}</p>
      <Passkeys />
      <SecondFactor />
      <div className="spread">
        <Button variant="subtle" onClick={() => void ask(client.DELETE('/api/v1/session')).then(() => location.assign('/'))}>
          {t('frame.signOut')}
        </Button>
        <Button disabled={lacks} onClick={done}>
          {t('enrol.go')}
        </Button>
      </div>
    </main>
  )
}

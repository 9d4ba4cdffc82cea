import { Button, Modal } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Failed } from './page'

/** Confirm asks before something goes that does not come back, and stays open with the reason if it can't go. */
export function Confirm({ title, text, does, act, done, close }: { title: string; text: string; does: string; act: () => Promise<unknown>; done: () => void; close: () => void }) {
  const { t } = useTranslation()
  const run = useMutation({
    mutationFn: act,
    onSuccess: () => {
      done()
      close()
    },
  })
  return (
    <Modal opened onClose={close} title={title} closeButtonProps={{ 'aria-label': t('do.close') }}>
      <div className="stack">
        <p style={{ margin: 0 }}>{text}</p>
        {run.isError && <Failed error={run.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={close} data-autofocus>
            {t('do.cancel')}
          </Button>
          <Button color="red" onClick={() => run.mutate()} loading={run.isPending}>
            {does}
          </Button>
        </div>
      </div>
    </Modal>
  )
}

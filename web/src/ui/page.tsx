import { ActionIcon, Button, CopyButton, Skeleton, Tooltip } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconCopy, IconInfoCircle } from '@tabler/icons-react'
import { useQueryClient, type UseQueryResult } from '@tanstack/react-query'
import { useEffect, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { detailOf, Failure } from '../api/client'
import type { Tone } from './status'

/** Page has its title; up leads to the list that it is one of. */
export function Page({ title, up, actions, children, hint }: { title: string; up?: ReactNode; actions?: ReactNode; children: ReactNode; hint?: ReactNode }) {
  useTitle(title)
  return (
    <div className="page">
      <header className="page-head">
        <div className="titles">
          {up && (
            <nav className="up">
              {up} <span aria-hidden>/</span>
            </nav>
          )}
          <h1>{title}</h1>
          {hint}
        </div>
        {actions && <div className="actions">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

export function useTitle(title: string | undefined) {
  useEffect(() => {
    if (title !== undefined) document.title = `${title} · Cordboard`
  }, [title])
}

export function Notice({ tone = 'neutral', children, action }: { tone?: Tone; children: ReactNode; action?: ReactNode }) {
  const Icon = tone === 'failed' || tone === 'warning' ? IconAlertTriangle : IconInfoCircle
  return (
    <div className={`notice tone-${tone}`} role={tone === 'failed' ? 'alert' : 'note'}>
      <Icon size={16} stroke={1.75} aria-hidden />
      <div className="grow">{children}</div>
      {action}
    </div>
  )
}

/** Failed says what went wrong, with the reference under which the gateway's log has it. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation()
  const failure = error instanceof Failure ? error : undefined
  return (
    <Notice
      tone="failed"
      action={
        retry && (
          <Button size="compact-sm" variant="default" onClick={retry}>
            {t('do.retry')}
          </Button>
        )
      }
    >
      <div>{failure ? failure.message : t('failed.unreachable')}</div>
      {failure?.problem?.errors?.map((e, i) => (
        <div key={i}>
          {e.path && <span className="mono">{e.path} </span>}
          {detailOf(e)}
        </div>
      ))}
      {failure?.reference && failure.status >= 500 && <div className="mono">{failure.reference}</div>}
    </Notice>
  )
}

/** Loaded shows what a query brings; old data stays while it is read again and when that fails. page says that it is all of the page. */
export function Loaded<T>({ query, children, rows = 6, page = false }: { query: UseQueryResult<T>; children: (data: T) => ReactNode; rows?: number; page?: boolean }) {
  const client = useQueryClient()
  const around = (what: ReactNode) => (page ? <div className="page">{what}</div> : what)
  if (query.data !== undefined)
    return (
      <>
        {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
        {children(query.data)}
      </>
    )
  if (query.isError) {
    const gone = query.error instanceof Failure && query.error.status === 404
    return around(<Failed error={query.error} retry={gone ? undefined : () => void client.refetchQueries({ type: 'active' })} />)
  }
  return around(
    <div className="card pad stack" aria-busy="true">
      {Array.from({ length: rows }, (_, i) => (
        <Skeleton key={i} height={20} />
      ))}
    </div>,
  )
}

export function Empty({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      <div>{children}</div>
      {action}
    </div>
  )
}

/** More brings the next page of a list. */
export function More({ list }: { list: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown } }) {
  const { t } = useTranslation()
  if (!list.hasNextPage) return null
  return (
    <div className="more">
      <Button variant="default" onClick={() => void list.fetchNextPage()} loading={list.isFetchingNextPage}>
        {t('do.more')}
      </Button>
    </div>
  )
}

/** Fact is one entry of a list of facts. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="dim">{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** Copy is an id, or anything else worth copying, with a button that does. */
export function Copy({ text, label }: { text: string; label?: string }) {
  const { t } = useTranslation()
  return (
    <span className="row mono copy">
      <span title={label ?? text}>{label ?? text}</span>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? t('do.copied') : t('do.copy')}>
            <ActionIcon size="sm" variant="subtle" color="gray" onClick={copy} aria-label={`${t('do.copy')}: ${text}`}>
              {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </span>
  )
}

export function Json({ value, label }: { value: unknown; label: string }) {
  return <Raw text={JSON.stringify(value, null, 2)} label={label} />
}

/** Raw is text as it came, which scrolls where it is long. */
export function Raw({ text, label }: { text: string; label: string }) {
  return (
    <pre className="json mono" tabIndex={0} aria-label={label}>
      {text}
    </pre>
  )
}

import { FileInput, Radio, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, client, Failure, type Problem } from '../../api/client'
import { connectionList } from '../../app/ahead'
import { blankFlow, namesIn, renamed } from '../../flow/document'
import { Ask } from '../../ui/dialog'
import { Notice } from '../../ui/page'
import { templates } from './templates'

/** slug is a flow's name made of its title. */
function slug(title: string): string {
  return title
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
}

/** NewFlow makes a draft: an empty one, from a template, or from a file. What is wrong with it is shown before it is made. */
export default function NewFlow({ close }: { close: () => void }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const connections = useQuery(connectionList)
  const [title, setTitle] = useState<string>()
  const [name, setName] = useState<string>()
  const [from, setFrom] = useState('blank')
  const [file, setFile] = useState<File | null>(null)
  const [text, setText] = useState<string>()
  const template = templates.find((x) => x.key === from)
  const inFile = from === 'file' && text !== undefined ? namesIn(text) : undefined
  const shownTitle = title ?? (template ? t(`template.${template.key}`) : (inFile?.title ?? ''))
  const shownName = name ?? (inFile && title === undefined && inFile.name ? inFile.name : slug(shownTitle || (file?.name.replace(/\.[^.]*$/, '') ?? '')))
  const using = (connector: string) => connections.data?.items?.find((c) => c.connector === connector)?.name ?? connector
  const source = () => {
    if (template) return renamed(JSON.stringify({ name: '', title: '', ...template.build(t as never, using) }), shownName, shownTitle)
    return inFile ? renamed(text!, shownName, shownTitle) : blankFlow(shownName, shownTitle)
  }
  const filled = template !== undefined || inFile !== undefined
  const now = filled && shownName ? source() : ''
  const [checked] = useDebouncedValue(now, 250)
  const check = useQuery({
    queryKey: ['check', shownName, checked],
    queryFn: () => problemsOf(shownName, checked),
    enabled: checked !== '',
    retry: false,
    gcTime: 0,
  })
  const make = useMutation({
    mutationFn: () => ask(client.POST('/api/v1/flows', { body: { name: shownName, source: source() } })),
    onSuccess: async (draft) => {
      await queryClient.invalidateQueries({ queryKey: ['flows'] })
      close()
      await navigate({ to: '/flows/$name', params: { name: draft.name } })
    },
  })
  const read = async (chosen: File | null) => {
    setFile(chosen)
    setText(await chosen?.text())
    setTitle(undefined)
    setName(undefined)
  }
  const wrong = make.error instanceof Failure ? make.error.field('name') : undefined
  return (
    <Ask title={t('flows.new')} close={close} act={make} does={t('flows.create')} ready={shownName !== '' && (from !== 'file' || inFile !== undefined)} placed={!!wrong}>
      <TextInput label={t('flows.title')} data-autofocus value={shownTitle} onChange={(e) => setTitle(e.currentTarget.value)} />
      <TextInput label={t('flows.slug')} description={t('flows.slugHelp')} required error={wrong} value={shownName} onChange={(e) => setName(e.currentTarget.value)} />
      <Radio.Group label={t('flows.from')} value={from} onChange={setFrom}>
        <div className="stack" style={{ marginTop: 8 }}>
          <Radio value="blank" label={t('flows.blank')} />
          {templates.map(({ key }) => (
            <Radio key={key} value={key} label={t(`template.${key}`)} description={t(`template.${key}Help`)} />
          ))}
          <Radio value="file" label={t('flows.file')} />
        </div>
      </Radio.Group>
      {from === 'file' && <FileInput label={t('flows.import')} accept=".yaml,.yml,.json" placeholder={t('flows.chooseFile')} clearable value={file} onChange={(f) => void read(f)} />}
      {now !== '' && now === checked && check.data && <Found problems={check.data} />}
    </Ask>
  )
}

type Wrong = NonNullable<Problem['errors']>

/** problemsOf has the gateway check a document, and changes nothing. */
async function problemsOf(name: string, source: string): Promise<Wrong> {
  const asked = client.PUT('/api/v1/flows/{name}', { params: { path: { name }, query: { dry_run: true } }, body: source as never, bodySerializer: (text) => text as never, headers: { 'Content-Type': 'application/yaml' } })
  try {
    await ask(asked)
    return []
  } catch (error) {
    if (error instanceof Failure && error.problem?.errors) return error.problem.errors
    throw error
  }
}

function Found({ problems }: { problems: Wrong }) {
  const { t } = useTranslation()
  if (problems.length === 0) return <Notice tone="ok">{t('flows.sound')}</Notice>
  return (
    <Notice tone="warning">
      <div>{t('flows.unsound', { count: problems.length })}</div>
      <ul style={{ margin: '4px 0 0', paddingLeft: 18 }}>
        {problems.slice(0, 8).map((p, i) => (
          <li key={i} style={{ overflowWrap: 'anywhere' }}>
            {p.path && <span className="mono">{p.path} </span>}
            {p.message}
            {p.remedy && <> – {p.remedy}</>}
          </li>
        ))}
      </ul>
      {problems.length > 8 && <div>{t('flows.moreProblems', { count: problems.length - 8 })}</div>}
    </Notice>
  )
}

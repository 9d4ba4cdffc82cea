import { IconCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ask, client, type Schemas } from '../../api/client'
import { Loaded } from '../../ui/page'

/** Roles shows what each role may do, as the gateway itself decides it. */
export function Roles() {
  const { t } = useTranslation()
  const policy = useQuery({ queryKey: ['roles'], queryFn: () => ask(client.GET('/api/v1/roles')), staleTime: Infinity })
  return (
    <section className="card" aria-label={t('roles.title')}>
      <div className="card-head">
        <h2>{t('roles.title')}</h2>
      </div>
      <Loaded query={policy}>{(p) => <Matrix policy={p} />}</Loaded>
    </section>
  )
}

function Matrix({ policy }: { policy: Schemas['Policy'] }) {
  const { t } = useTranslation()
  const roles = policy.roles ?? []
  const scopes = roles.at(-1)?.scopes ?? []
  return (
    <div className="table-box roles">
      <table className="list">
        <thead>
          <tr>
            <th scope="col">{t('roles.area')}</th>
            {roles.map((r) => (
              <th key={r.role} scope="col" className="mark">
                {t(`role.${r.role as 'owner'}`)}
              </th>
            ))}
          </tr>
        </thead>
        {(policy.areas ?? []).map((area) => (
          <tbody key={area.name}>
            <tr>
              <th scope="rowgroup" colSpan={roles.length + 1}>
                {t(`area.${area.name.replace(/ /g, '_')}` as never, { defaultValue: area.name })}
              </th>
            </tr>
            {scopes
              .filter((s) => area.operations?.some((o) => o.scope === s))
              .map((scope) => (
                <tr key={scope}>
                  <th scope="row">
                    <details>
                      <summary>{t(`scopeDoes.${scope as 'read'}`)}</summary>
                      <ul lang="en">
                        {area.operations?.filter((o) => o.scope === scope).map((o) => <li key={o.summary}>{o.summary}</li>)}
                      </ul>
                    </details>
                  </th>
                  {roles.map((r) => (
                    <td key={r.role} className="mark">
                      {r.scopes?.includes(scope) ? <IconCheck size={16} aria-label={t('step.yes')} /> : <span aria-label={t('step.no')} role="img" className="dim">–</span>}
                    </td>
                  ))}
                </tr>
              ))}
          </tbody>
        ))}
      </table>
    </div>
  )
}

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
    <div className="roles">
      <div className="table-box">
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
          <tbody>
            {(policy.areas ?? []).map((area) => {
              const known = scopes.filter((s) => area.operations?.some((o) => o.scope === s))
              return (
                <tr key={area.name}>
                  <th scope="row">
                    <details>
                      <summary>{t(`area.${area.name.replace(/ /g, '_')}` as never, { defaultValue: area.name })}</summary>
                      {known.map((scope) => (
                        <div key={scope}>
                          <div className="label">{t(`scopeDoes.${scope as 'read'}`)}</div>
                          <ul lang="en">{area.operations?.filter((o) => o.scope === scope).map((o) => <li key={o.summary}>{o.summary}</li>)}</ul>
                        </div>
                      ))}
                    </details>
                  </th>
                  {roles.map((r) => {
                    const may = known.filter((s) => r.scopes?.includes(s))
                    return (
                      <td key={r.role} className="mark" data-head={t(`role.${r.role as 'owner'}`)}>
                        {may.length > 0 ? may.map((s) => t(`scopeDoes.${s as 'read'}`)).join(', ') : <span className="dim">{t('roles.nothing')}</span>}
                      </td>
                    )
                  })}
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
    </div>
  )
}

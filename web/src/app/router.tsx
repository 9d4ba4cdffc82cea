import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { names } from '../features/runs/filters'
import { ahead, connectionList, connectorList, flowList, stretchOf, statsOf } from './ahead'
import { Frame } from './frame'
import { NotFound } from './not-found'

const root = createRootRoute({ notFoundComponent: NotFound })
const inside = createRoute({ getParentRoute: () => root, id: 'inside', component: Frame })

const text = (search: Record<string, unknown>, ...names: string[]) =>
  Object.fromEntries(names.flatMap((n) => (['string', 'number'].includes(typeof search[n]) && search[n] ? [[n, String(search[n])]] : []))) as Record<string, string | undefined>

export const dashboardRoute = createRoute({
  getParentRoute: () => inside,
  path: '/',
  validateSearch: (s) => text(s, 'period', 'since', 'until'),
  loaderDeps: ({ search }) => search,
  loader: ({ deps }) => ahead(statsOf(stretchOf(deps))),
  component: lazyRouteComponent(() => import('../features/dashboard/dashboard'), 'Dashboard'),
})
export const insightRoute = createRoute({
  getParentRoute: () => inside,
  path: '/insight',
  validateSearch: (s) => text(s, 'flow', 'days'),
  component: lazyRouteComponent(() => import('../features/insight/insight'), 'Insight'),
})
export const flowsRoute = createRoute({
  getParentRoute: () => inside,
  path: '/flows',
  validateSearch: (s) => text(s, 'text', 'state', 'trigger', 'tag'),
  loader: () => ahead(flowList),
  component: lazyRouteComponent(() => import('../features/flows/flows'), 'Flows'),
})
export const flowRoute = createRoute({
  getParentRoute: () => inside,
  path: '/flows/$name',
  loader: () => {
    ahead(connectorList)
    ahead(connectionList)
  },
  component: lazyRouteComponent(() => import('../features/flows/editor'), 'Editor'),
})
export const runsRoute = createRoute({
  getParentRoute: () => inside,
  path: '/runs',
  validateSearch: (s) => text(s, ...names),
  component: lazyRouteComponent(() => import('../features/runs/runs'), 'Runs'),
})
export const repairsRoute = createRoute({
  getParentRoute: () => inside,
  path: '/repairs',
  validateSearch: (s) => text(s, 'id'),
  component: lazyRouteComponent(() => import('../features/runs/repairs'), 'Repairs'),
})
export const runRoute = createRoute({
  getParentRoute: () => inside,
  path: '/runs/$id',
  component: lazyRouteComponent(() => import('../features/runs/run'), 'RunPage'),
})
export const contactsRoute = createRoute({
  getParentRoute: () => inside,
  path: '/contacts',
  validateSearch: (s) => text(s, 'search', 'list'),
  component: lazyRouteComponent(() => import('../features/contacts/contacts'), 'Contacts'),
})
export const contactRoute = createRoute({
  getParentRoute: () => inside,
  path: '/contacts/$id',
  validateSearch: (s) => text(s, 'only'),
  component: lazyRouteComponent(() => import('../features/contacts/contact'), 'ContactPage'),
})
const connections = createRoute({
  getParentRoute: () => inside,
  path: '/connections',
  loader: () => ahead(connectionList),
  component: lazyRouteComponent(() => import('../features/connections/connections'), 'Connections'),
})
const connectors = createRoute({
  getParentRoute: () => inside,
  path: '/connectors',
  loader: () => ahead(connectorList),
  component: lazyRouteComponent(() => import('../features/connections/connectors'), 'Connectors'),
})
const webhooks = createRoute({ getParentRoute: () => inside, path: '/webhooks', component: lazyRouteComponent(() => import('../features/webhooks/webhooks'), 'Webhooks') })
export const requestsRoute = createRoute({
  getParentRoute: () => inside,
  path: '/webhooks/in',
  validateSearch: (s) => text(s, 'verdict', 'connection', 'request'),
  component: lazyRouteComponent(() => import('../features/webhooks/requests'), 'Requests'),
})
export const settingsRoute = createRoute({
  getParentRoute: () => inside,
  path: '/settings',
  validateSearch: (s) => text(s, 'tab', 'actor', 'action', 'resource', 'since'),
  component: lazyRouteComponent(() => import('../features/settings/settings'), 'Settings'),
})
const welcome = createRoute({ getParentRoute: () => root, path: '/welcome', component: lazyRouteComponent(() => import('../features/sign-in/welcome'), 'Welcome') })
const forgot = createRoute({ getParentRoute: () => root, path: '/forgot', component: lazyRouteComponent(() => import('../features/sign-in/forgot'), 'Forgot') })
const setUp = createRoute({ getParentRoute: () => root, path: '/setup', component: lazyRouteComponent(() => import('../features/sign-in/set-up'), 'SetUp') })

export const router = createRouter({
  routeTree: root.addChildren([inside.addChildren([dashboardRoute, insightRoute, flowsRoute, flowRoute, runsRoute, runRoute, repairsRoute, contactsRoute, contactRoute, connections, connectors, webhooks, requestsRoute, settingsRoute]), welcome, forgot, setUp]),
  defaultPreload: 'intent',
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

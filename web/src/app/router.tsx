import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { Frame } from './frame'
import { NotFound } from './not-found'

const root = createRootRoute({ notFoundComponent: NotFound })
const inside = createRoute({ getParentRoute: () => root, id: 'inside', component: Frame })

const text = (search: Record<string, unknown>, ...names: string[]) =>
  Object.fromEntries(names.flatMap((n) => (typeof search[n] === 'string' && search[n] ? [[n, search[n] as string]] : []))) as Record<string, string | undefined>

const at = createRoute({ getParentRoute: () => inside, path: '/', beforeLoad: () => redirect({ to: '/flows', throw: true }) })
const flows = createRoute({ getParentRoute: () => inside, path: '/flows', component: lazyRouteComponent(() => import('../features/flows/flows'), 'Flows') })
export const flowRoute = createRoute({
  getParentRoute: () => inside,
  path: '/flows/$name',
  component: lazyRouteComponent(() => import('../features/flows/editor'), 'Editor'),
})
export const runsRoute = createRoute({
  getParentRoute: () => inside,
  path: '/runs',
  validateSearch: (s) => text(s, 'status', 'flow'),
  component: lazyRouteComponent(() => import('../features/runs/runs'), 'Runs'),
})
export const runRoute = createRoute({
  getParentRoute: () => inside,
  path: '/runs/$id',
  component: lazyRouteComponent(() => import('../features/runs/run'), 'RunPage'),
})
const contacts = createRoute({ getParentRoute: () => inside, path: '/contacts', component: lazyRouteComponent(() => import('../features/contacts/contacts'), 'Contacts') })
export const contactRoute = createRoute({
  getParentRoute: () => inside,
  path: '/contacts/$id',
  component: lazyRouteComponent(() => import('../features/contacts/contact'), 'ContactPage'),
})
const connections = createRoute({
  getParentRoute: () => inside,
  path: '/connections',
  component: lazyRouteComponent(() => import('../features/connections/connections'), 'Connections'),
})
const connectors = createRoute({
  getParentRoute: () => inside,
  path: '/connectors',
  component: lazyRouteComponent(() => import('../features/connections/connectors'), 'Connectors'),
})
const webhooks = createRoute({ getParentRoute: () => inside, path: '/webhooks', component: lazyRouteComponent(() => import('../features/webhooks/webhooks'), 'Webhooks') })
const settings = createRoute({ getParentRoute: () => inside, path: '/settings', component: lazyRouteComponent(() => import('../features/settings/settings'), 'Settings') })
const welcome = createRoute({ getParentRoute: () => root, path: '/welcome', component: lazyRouteComponent(() => import('../features/sign-in/welcome'), 'Welcome') })
const setUp = createRoute({ getParentRoute: () => root, path: '/setup', component: lazyRouteComponent(() => import('../features/sign-in/set-up'), 'SetUp') })

export const router = createRouter({
  routeTree: root.addChildren([inside.addChildren([at, flows, flowRoute, runsRoute, runRoute, contacts, contactRoute, connections, connectors, webhooks, settings]), welcome, setUp]),
  defaultPreload: 'intent',
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

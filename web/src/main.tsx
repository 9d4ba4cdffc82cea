import '@fontsource-variable/inter/wght.css'
import '@fontsource/jetbrains-mono/latin-400.css'
import './ui/styles.css'
import './ui/base.css'
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { setNonce } from 'get-nonce'
import { createRoot } from 'react-dom/client'
import { queries } from './app/query'
import { router } from './app/router'
import { gate } from './app/session'
import { nonce, resolver, theme } from './app/theme'
import { ready } from './i18n'
import { Toasts } from './ui/toast'

setNonce(nonce()) // for dialogs, whose library keeps the page from scrolling

// The page's code and data are on their way while React begins, and it begins with what it knows: to draw nothing first
// would only cost time.
void router.load()

void Promise.all([ready, queries.prefetchQuery(gate)]).then(() =>
  createRoot(document.getElementById('root')!).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto" cssVariablesResolver={resolver} getStyleNonce={nonce}>
        <Toasts />
        <QueryClientProvider client={queries}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  ),
)

/** Starts the page: theme, queries, live connection, routes. */

import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './app/base.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import { startLive } from './api/browser-live.ts';
import { ApiError } from './api/client.ts';
import { router } from './app/routes.tsx';
import { theme, variables } from './app/theme.ts';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the server refused it will refuse again; a server that is away comes back.
      retry: (count, error) => count < 6 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500),
      retryDelay: (count) => Math.min(500 * 2 ** count, 8000),
    },
  },
});

startLive();
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <Notifications position="bottom-right" limit={4} autoClose={5000} />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);

/** The pages by their addresses; each but the workbench is fetched when it is first opened. */

import { Center, Loader } from '@mantine/core';
import { createBrowserRouter } from 'react-router';
import { WorkbenchPage } from '../workbench/workbench-page.tsx';
import { Broken, NotFound } from './faults.tsx';
import { Shell } from './shell.tsx';

export const router = createBrowserRouter([
  {
    element: <Shell />,
    errorElement: <Broken />,
    hydrateFallbackElement: (
      <Center h="60dvh">
        <Loader role="status" aria-label="Loading" />
      </Center>
    ),
    children: [
      { path: '/', element: <WorkbenchPage />, errorElement: <Broken /> },
      {
        path: '/models',
        errorElement: <Broken />,
        lazy: async () => ({ Component: (await import('../models/models-page.tsx')).ModelsPage }),
      },
      {
        path: '/batches',
        errorElement: <Broken />,
        lazy: async () => ({ Component: (await import('../batches/batches-page.tsx')).BatchesPage }),
      },
      {
        path: '/batches/:id',
        errorElement: <Broken />,
        lazy: async () => ({ Component: (await import('../batches/batch-page.tsx')).BatchPage }),
      },
      {
        path: '/label',
        errorElement: <Broken />,
        lazy: async () => ({ Component: (await import('../trust/label-page.tsx')).LabelPage }),
      },
      {
        path: '/judging',
        errorElement: <Broken />,
        lazy: async () => ({ Component: (await import('../judging/judging-page.tsx')).JudgingPage }),
      },
      {
        path: '/judging/rubrics',
        errorElement: <Broken />,
        lazy: async () => ({ Component: (await import('../judging/rubrics-page.tsx')).RubricsPage }),
      },
      {
        path: '/judging/:id',
        errorElement: <Broken />,
        lazy: async () => ({ Component: (await import('../judging/judge-page.tsx')).JudgePage }),
      },
      {
        path: '/failures',
        errorElement: <Broken />,
        lazy: async () => ({ Component: (await import('../analyses/analyses-page.tsx')).AnalysesPage }),
      },
      {
        path: '/failures/:id',
        errorElement: <Broken />,
        lazy: async () => ({ Component: (await import('../analyses/analysis-page.tsx')).AnalysisPage }),
      },
      {
        path: '/training',
        errorElement: <Broken />,
        lazy: async () => ({ Component: (await import('../training/training-page.tsx')).TrainingPage }),
      },
      {
        path: '/training/:id',
        errorElement: <Broken />,
        lazy: async () => ({ Component: (await import('../training/job-page.tsx')).JobPage }),
      },
      {
        path: '/training/:id/beside/:other',
        errorElement: <Broken />,
        lazy: async () => ({ Component: (await import('../training/two-jobs-page.tsx')).TwoJobsPage }),
      },
      {
        path: '/label-studio',
        errorElement: <Broken />,
        lazy: async () => ({ Component: (await import('../labelling/projects-page.tsx')).ProjectsPage }),
      },
      {
        path: '/label-studio/:id',
        errorElement: <Broken />,
        lazy: async () => ({ Component: (await import('../labelling/project-page.tsx')).ProjectPage }),
      },
      {
        path: '/review/:datasetId',
        errorElement: <Broken />,
        lazy: async () => ({ Component: (await import('../labelling/review-page.tsx')).ReviewPage }),
      },
      {
        path: '/settings',
        errorElement: <Broken />,
        lazy: async () => ({ Component: (await import('../settings/settings-page.tsx')).SettingsPage }),
      },
      { path: '*', element: <NotFound /> },
    ],
  },
]);

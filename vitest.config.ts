/** The projects of the tests: those of unit and embedded share processes; contract, chaos, e2e and label-studio start whole servers. */

import { defineConfig } from 'vitest/config';

const slow = ['contract', 'chaos', 'e2e', 'label-studio'];
/** Tests of tables: where a real PostgreSQL answers, they run on the embedded one as well. Those of http go through the same rooms. */
const ofTables = [
  ...['batches', 'compare', 'curate', 'datasets', 'judge/passes', 'mine/comparison', 'results', 'runs', 'training'].map(
    (room) => `test/${room}/**/*.test.ts`,
  ),
  'test/http/auth.test.ts',
  'test/http/two-users*.test.ts',
];
const MINUTE = 60_000;

/** Tests that start servers, databases and engines, with time for a slow machine. */
const ofServers = (name: string, minutes: number, retry = 1) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    retry,
    testTimeout: minutes * MINUTE,
    hookTimeout: 3 * MINUTE,
  },
});

export default defineConfig({
  test: {
    environment: 'node',
    pool: 'forks',
    maxWorkers: 2,
    // A machine that stalls for a second can fail a test of timing: a second try is taken, and printed as "(retry x1)".
    retry: 1,
    // Values in the message of a failure are told whole, for the list at the end shows nothing else of it.
    chaiConfig: { truncateThreshold: 1000 },
    testTimeout: MINUTE,
    hookTimeout: 2 * MINUTE,
    teardownTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          isolate: false,
          globalSetup: 'test/harness/whole-run.ts',
          include: ['test/**/*.test.ts'],
          exclude: slow.map((name) => `test/${name}/**`),
        },
      },
      {
        extends: true,
        test: {
          name: 'embedded',
          isolate: false,
          globalSetup: 'test/harness/whole-run.ts',
          include: ofTables,
          // Of engines and speed more than of tables; whole servers, on the embedded one, are in the other projects.
          exclude: [
            'test/datasets/sampling/{allocate,classify,near-duplicates,sample-rows}.test.ts',
            'test/training/open-server.test.ts',
            'test/curate/label-studio/{wire,config,task}/**',
            'test/curate/label-studio/pull/large.test.ts',
            'test/curate/review/rank-items.test.ts',
          ],
          env: { ASSAY_TEST_DATABASE: 'embedded' },
        },
      },
      ofServers('contract', 3),
      // Never a second try: a result lost once in two runs is lost.
      ofServers('chaos', 8, 0),
      ofServers('e2e', 5),
      // Needs the real Label Studio: npm run test:label-studio sees to one.
      ofServers('label-studio', 5),
    ],
  },
});

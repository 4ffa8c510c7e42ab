/** Makes what the test files of a run of vitest share: a migrated database, which each copies in place of migrating its own, and a folder. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import type { Template } from './database.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** What each test file copies. */
    template: Template;
    /** Folder for files of tests that outlive one test file, since its process runs others too. */
    scratch: string;
  }
}

/** Called by vitest before the first file of a project; what it returns is called after the last one. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const where = project.config.env?.ASSAY_TEST_DATABASE ?? process.env.ASSAY_TEST_DATABASE ?? 'real';
  // A process of its own, for vitest loads this file without import.meta.resolve, by which the embedded server is found.
  const holder = fork(join(import.meta.dirname, 'template-process.ts'), [where]);
  const ended = once(holder, 'exit');
  const told = await Promise.race([once(holder, 'message'), ended.then(() => null)]);
  if (told === null) throw new Error('The database that tests copy could not be made: see the error above.');
  project.provide('template', told[0] as Template);
  const scratch = await mkdtemp(join(tmpdir(), 'assay-test-'));
  project.provide('scratch', scratch);
  return async () => {
    await rm(scratch, { recursive: true, force: true });
    holder.disconnect();
    await ended;
  };
}

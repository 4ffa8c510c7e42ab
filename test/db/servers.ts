/** The two servers that the database tests run on: the embedded one, and a real PostgreSQL where one answers. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Embedded, startEmbedded } from '../../src/db/embedded.ts';
import { realServerUrl } from '../harness/database.ts';
import { embeddedOptions } from './options.ts';

/** A folder of its own for a test; `remove` deletes it. */
export async function testFolder(parent = tmpdir()): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(parent, 'assay-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export interface TestServer {
  name: string;
  available: boolean;
  start(): Promise<{ url: string; stop(): Promise<void> }>;
}

const real = await realServerUrl();

/** For `describe.each`; the real one is skipped by name where none answers. */
export const servers: TestServer[] = [
  { name: 'embedded PostgreSQL', available: true, start: startOwn },
  {
    name: 'PostgreSQL at ASSAY_TEST_DATABASE_URL',
    available: real !== null,
    start: async () => ({ url: real!, stop: async () => {} }),
  },
];

async function startOwn(): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = await testFolder();
  const server: Embedded = await startEmbedded(embeddedOptions(folder.path));
  const stop = async () => {
    await server.stop();
    await folder.remove();
  };
  return { url: server.url, stop };
}

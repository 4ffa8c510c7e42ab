/** The disk runs full while results are written: the batch waits and says why, and goes on by itself when there is room. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, statfsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  chatLines,
  getBatch,
  getMetrics,
  HttpError,
  readLines,
  submit,
  waitFor,
  waitForBatch,
} from '../harness/batches.ts';
import { startCountingUpstream, writeModelsFile } from '../harness/counting-upstream.ts';
import { startAssay } from '../harness/server.ts';

const megabyte = 1024 * 1024;

function mountSmallDisk(folder: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256m,mode=0755', 'tmpfs', folder], { stdio: 'ignore' });
}

function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'assay-mount-'));
  try {
    mountSmallDisk(folder);
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}

const embedded = process.env.ASSAY_TEST_DATABASE_URL === undefined;

test.skipIf(!embedded || !mayMount())(
  'a full disk makes the batch wait, not fail (skipped without the right to mount, or with a database elsewhere)',
  { timeout: 240_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'assay-full-'));
    const disk = await mkdtemp(join(tmpdir(), 'assay-disk-'));
    mountSmallDisk(disk);
    try {
      await using upstream = await startCountingUpstream();
      await upstream.behave(null, { kind: 'answer', delayMs: 20, bytes: 60_000 });
      const models = await writeModelsFile(join(folder, 'models.yaml'), {
        counting: { url: upstream.url, concurrency: 8 },
      });
      await using server = await startAssay({ dataFolder: join(disk, 'data'), env: { ASSAY_MODELS: models } });
      const ballast = join(disk, 'ballast');
      await leaveFree(disk, ballast, 30 * megabyte);
      const count = 700;
      const batch = await submit(server, chatLines(count, { model: 'counting' }));

      const reason = await waitFor(
        () => reasonOfWaiting(server, batch.id),
        (text) => /room|space|full/i.test(text),
        { timeoutMs: 90_000, what: 'the batch says that the disk is full' },
      );
      console.log(`disk-full.test.ts: while full: ${reason}`);
      await rm(ballast);
      await waitFor(
        () => getBatch(server, batch.id),
        (b) => b.status !== 'in_progress' || b.request_counts.completed > 0,
        {
          timeoutMs: 90_000,
          what: 'the batch goes on',
        },
      );
      const ended = await waitForBatch(server, batch.id, 120_000);
      expect(ended).toMatchObject({
        status: 'completed',
        request_counts: { total: count, completed: count, failed: 0 },
      });
      const ids = (await readLines(server, ended.output_file_id)).map((line) => line.custom_id);
      expect(ids).toEqual(Array.from({ length: count }, (_, i) => `row-${i}`));
      expect((await getMetrics(server, batch.id)).waiting).toBeNull();
    } finally {
      execFileSync('umount', ['-l', disk]);
      rmdirSync(disk);
      await rm(folder, { recursive: true, force: true });
    }
  },
);

/** What the server tells a user who asks about the batch: its waiting reason, or the error it answers with meanwhile. */
async function reasonOfWaiting(server: { url: string }, id: string): Promise<string> {
  try {
    return (await getMetrics(server, id)).waiting?.reason ?? '';
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return (JSON.parse(error.body) as { error: { message: string } }).error.message;
  }
}

/** Fills the disk with one file until only so many bytes are free. */
async function leaveFree(disk: string, ballast: string, bytes: number): Promise<void> {
  const file = await open(ballast, 'w');
  const block = Buffer.alloc(megabyte);
  for (;;) {
    const { bavail, bsize } = statfsSync(disk);
    if (bavail * bsize <= bytes) break;
    await file.write(block);
  }
  await file.close();
}

/** A row that kills its engine twice is set aside with its own error; the rest of the batch goes on and is complete. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { chatLine, readLines, submit, waitForBatch } from '../harness/batches.ts';
import { startAssay } from '../harness/server.ts';

const fakeEngine = fileURLToPath(new URL('./fake-llama-server.mjs', import.meta.url));

test('a row that kills its engine twice is quarantined', { timeout: 150_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-quarantine-'));
  const log = join(folder, 'fake.log');
  const weights = join(folder, 'fake.gguf');
  await writeFile(weights, Buffer.concat([Buffer.from('GGUF'), Buffer.from([3, 0, 0, 0]), Buffer.alloc(64)]));
  const models = join(folder, 'models.yaml');
  await writeFile(models, `models:\n  - id: fragile\n    engine: llama-server\n    source: file:${weights}\n`);
  await using server = await startAssay({
    env: {
      ASSAY_MODELS: models,
      ASSAY_LLAMA_SERVER: fakeEngine,
      FAKE_LLAMA_LOG: log,
      ASSAY_ENGINE_RESTART_MAX_MS: '1000',
    },
  });
  const ids = Array.from({ length: 30 }, (_, i) => (i === 11 ? 'die' : `row-${i}`));
  const batch = await submit(
    server,
    ids.map((id) => chatLine(id, { model: 'fragile' })),
  );
  const ended = await waitForBatch(server, batch.id, 120_000);
  expect(ended).toMatchObject({ status: 'completed', request_counts: { total: 30, completed: 29, failed: 1 } });
  const [set, ...more] = await readLines(server, ended.error_file_id);
  expect(more).toEqual([]);
  expect(set).toMatchObject({ custom_id: 'die', error: { code: 'request_quarantined' } });
  const output = await readLines(server, ended.output_file_id);
  expect(output.map((line) => line.custom_id)).toEqual(ids.filter((id) => id !== 'die'));
  const asked = (await readFile(log, 'utf8')).split('\n');
  expect(asked.filter((line) => /^chat \d+ die$/.test(line)).length).toBe(2);
  expect(asked.filter((line) => line.startsWith('start ')).length).toBeGreaterThanOrEqual(3);
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

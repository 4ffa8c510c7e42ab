/** What doctor says of GPUs: each card, what is wrong with a tool, a path that is wrong, none at all. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { checkGpu } from '../../src/cli/doctor-gpu.ts';
import { loadConfig } from '../../src/config.ts';
import { nvidia, nvidiaProblems, rocm } from '../engines/gpu/recorded.ts';
import { writeStandIn } from '../engines/gpu/stand-in.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-doctor-gpu-'));
  vi.stubEnv('PATH', folder);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const check = (flags: Record<string, string>) => checkGpu(loadConfig({ folder, env: {}, flags }).config);

test('each card of each tool', async () => {
  const lines = [nvidia['H100 under load, driver 590.48.01'], nvidia['GB10 with unified memory, driver 580.159.03']];
  const smi = await writeStandIn(folder, 'nvidia', `say(${JSON.stringify(lines.join('\n'))});`);
  const amd = await writeStandIn(folder, 'rocm', `say(${JSON.stringify(rocm['ROCm 6'])});`);
  expect(await check({ nvidia_smi: smi.path, rocm_smi: amd.path })).toEqual([
    { name: 'GPU', state: 'ok', found: '0: NVIDIA H100 80GB HBM3, 19.4 of 79.6 GB used, driver 590.48.01' },
    {
      name: 'GPU',
      state: 'ok',
      found: '0: NVIDIA GB10, does not tell its memory, which is not watched, driver 580.159.03',
    },
    { name: 'GPU', state: 'ok', found: '0: Radeon RX 7900 XT, 0 of 20 GB used' },
  ]);
});

test('what is wrong, with a remedy', async () => {
  const smi = await writeStandIn(
    folder,
    'none',
    `say(${JSON.stringify(nvidiaProblems.noDriver)}); process.exitCode = 9;`,
  );
  expect(await check({ nvidia_smi: smi.path })).toMatchObject([
    {
      state: 'note',
      found: expect.stringContaining("couldn't communicate"),
      remedy: expect.stringContaining('Install or load'),
    },
  ]);
  expect(await check({ nvidia_smi: join(folder, 'nothing') })).toMatchObject([
    { state: 'missing', remedy: 'Correct the path, or leave it out.' },
  ]);
  expect(await check({})).toMatchObject([{ state: 'note', found: expect.stringContaining('no GPU is watched') }]);
});

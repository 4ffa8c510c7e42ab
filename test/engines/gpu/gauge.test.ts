/** The gauge over stand-ins that print what nvidia-smi and rocm-smi were recorded to say, with its timing. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { gpu } from '../../../src/contracts/gpu.ts';
import { askOnce } from '../../../src/engines/gpu/ask-once.ts';
import { type GaugeOptions, type GpuGauge, startGauge } from '../../../src/engines/gpu/gauge.ts';
import { registerGpuMetrics } from '../../../src/engines/gpu/prometheus.ts';
import { nvidia, nvidiaProblems, rocm } from './recorded.ts';
import { writeStandIn } from './stand-in.ts';

const GB = 1024 ** 3;
let folder: string;
let gauge: GpuGauge | null = null;
let said: { level: string; values: Record<string, unknown>; message: string }[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-gpu-'));
  said = [];
  // A machine with cards of its own must not add to the stand-ins'.
  vi.stubEnv('PATH', folder);
});
afterEach(async () => {
  await gauge?.stop();
  gauge = null;
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const logAs = (level: string) => (values: object, message: string) =>
  void said.push({ level, values: values as Record<string, unknown>, message });
const log = { debug: logAs('debug'), info: logAs('info'), warn: logAs('warn'), error: logAs('error') };

function start(change: Partial<GaugeOptions>): GpuGauge {
  const o = { nvidiaSmi: null, rocmSmi: null, sampleMs: 20, silentMs: 5000, restartMaxMs: 100, warningShare: 0.875 };
  gauge = startGauge({ ...o, running: () => [], log, ...change });
  return gauge;
}

const line = (used: number, index = 0) =>
  `${index}, GPU-${index}, NVIDIA GeForce RTX 4080 SUPER, 595.71.05, ${used}, 16384, 7, 84.24`;
const until = (check: () => unknown) => vi.waitFor(check, { timeout: 15_000, interval: 10 });
const alive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('nvidia-smi', () => {
  test('one program tells of all cards, over and over; it ends with the gauge', async () => {
    const smi = await writeStandIn(
      folder,
      'nvidia-smi',
      `for (let n = 0; ; n++) { say(${JSON.stringify(line(9000))}); say(${JSON.stringify(line(300, 1))}); await wait(20); }`,
    );
    const { gpus } = start({ nvidiaSmi: smi.path });
    await until(() => expect(gpus()).toHaveLength(2));
    for (const one of gpus()) gpu.parse(one);
    expect(gpus()[0]).toMatchObject({ index: 0, memory_used_bytes: 9000 * 1024 ** 2, memory_total_bytes: 16 * GB });
    expect(gpus()[0]).toMatchObject({ memory_warning_bytes: 14 * GB, utilisation: 0.07, warning: false });
    const starts = await smi.starts();
    expect(starts).toHaveLength(1);
    expect(starts[0]!.args.slice(-2)).toEqual(['-lms', '20']);
    await gauge!.stop();
    expect(alive(starts[0]!.pid)).toBe(false);
  });

  test('peaks are kept since the start, and of each batch while it ran; 14 GB of 16 warn', async () => {
    const steps = [2000, 15_000, 3000, 14_500, 1000].map((used) => line(used));
    const smi = await writeStandIn(
      folder,
      'nvidia-smi',
      `const { existsSync } = require('node:fs');
       for (const [n, step] of ${JSON.stringify(steps)}.entries())
         do { say(step); await wait(10); } while (!existsSync(${JSON.stringify(join(folder, 'step'))} + n));
       await wait(60000);`,
    );
    const { writeFile } = await import('node:fs/promises');
    let running: string[] = ['first'];
    const { gpus, gpusOf } = start({ nvidiaSmi: smi.path, running: () => running });
    const used = (megabytes: number) => until(() => expect(gpus()[0]?.memory_used_bytes).toBe(megabytes * 1024 ** 2));
    await used(2000);
    running = [];
    await writeFile(join(folder, 'step0'), '');
    await used(15_000);
    expect(gpus()[0]).toMatchObject({ warning: true, peak_of: 'server' });
    await writeFile(join(folder, 'step1'), '');
    await used(3000);
    expect(gpus()[0]!.warning).toBe(false);
    running = ['second'];
    await writeFile(join(folder, 'step2'), '');
    await used(14_500);
    await writeFile(join(folder, 'step3'), '');
    await used(1000);
    const peak = (of: string) => [gpusOf(of)[0]!.peak_of, gpusOf(of)[0]!.memory_peak_bytes! / 1024 ** 2];
    expect([peak('first'), peak('second'), peak('unknown')]).toEqual([
      ['batch', 2000],
      ['batch', 14_500],
      ['server', 15_000],
    ]);
  });

  test('it is started again when it ends, and what is wrong is said once, with a remedy', async () => {
    const smi = await writeStandIn(
      folder,
      'nvidia-smi',
      `if (start < 3) { say(${JSON.stringify(nvidiaProblems.mismatch)}); process.exitCode = 18; return; }
       for (;;) { say(${JSON.stringify(nvidia['H100 under load, driver 590.48.01'])}); await wait(20); }`,
    );
    const { gpus } = start({ nvidiaSmi: smi.path });
    await until(() => expect(gpus()).toHaveLength(1));
    const warnings = said.filter(({ level }) => level === 'warn');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]!.values).toMatchObject({
      problem: 'Failed to initialize NVML: Driver/library version mismatch NVML library version: 580.173',
      remedy: expect.stringContaining('restart the machine'),
    });
  });

  test('one that hangs, deaf to SIGTERM, is killed; its figures stop counting', async () => {
    const smi = await writeStandIn(
      folder,
      'nvidia-smi',
      `process.on('SIGTERM', () => {}); say(${JSON.stringify(line(9000))}); await wait(600000);`,
    );
    const { gpus } = start({ nvidiaSmi: smi.path, silentMs: 700 });
    await until(() => expect(gpus()).toHaveLength(1));
    await until(() => expect(gpus()).toEqual([]));
    await until(async () => expect((await smi.starts()).length).toBeGreaterThan(1));
    expect(alive((await smi.starts())[0]!.pid)).toBe(false);
    expect(said.map(({ values }) => values.problem)).toContain('it told nothing for 0.7 s');
  });
});

test('rocm-smi is asked again and again, and stands behind the NVIDIA cards', async () => {
  const amd = await writeStandIn(folder, 'rocm-smi', `say(${JSON.stringify(rocm['ROCm 6'])});`);
  const smi = await writeStandIn(folder, 'nvidia-smi', `for (;;) { say(${JSON.stringify(line(1))}); await wait(20); }`);
  const { gpus } = start({ nvidiaSmi: smi.path, rocmSmi: amd.path });
  await until(() => expect(gpus().map((one) => one.vendor)).toEqual(['nvidia', 'amd']));
  await until(async () => expect((await amd.starts()).length).toBeGreaterThan(1));
  const registry = new Registry();
  registerGpuMetrics(registry, gpus);
  const text = await registry.metrics();
  expect(text).toContain(
    'assay_gpu_memory_used_bytes{vendor="nvidia",gpu="0",name="NVIDIA GeForce RTX 4080 SUPER"} 1048576',
  );
  expect(text).toContain('assay_gpu_memory_total_bytes{vendor="amd",gpu="0",name="Radeon RX 7900 XT"} 21458059264');
  // The ROCm of that record tells no power.
  expect(text).not.toMatch(/assay_gpu_power_watts\{vendor="amd"/);
});

test('a tool that is absent is said once; one that is set but cannot be run is a warning', async () => {
  const { gpus } = start({ rocmSmi: join(folder, 'nothing') });
  await until(() => expect(said).toHaveLength(2));
  expect(gpus()).toEqual([]);
  expect(said.map(({ level, values }) => [level, values.tool])).toEqual(
    expect.arrayContaining([
      ['info', 'nvidia-smi'],
      ['warn', 'rocm-smi'],
    ]),
  );
  expect(said.find(({ level }) => level === 'warn')!.values.problem).toContain('ASSAY_ROCM_SMI names');
});

describe('asked once', () => {
  const ask = async (script: string, timeoutMs = 10_000) => {
    const { path } = await writeStandIn(folder, 'nvidia-smi', script);
    return (await askOnce({ nvidiaSmi: path, rocmSmi: null, timeoutMs }))[0]!;
  };

  test('the cards, or what is wrong', async () => {
    expect(await ask(`say(${JSON.stringify(line(5))});`)).toMatchObject({ cards: [{ index: 0 }], problem: null });
    expect(await ask(`say(${JSON.stringify(nvidiaProblems.none)}); process.exitCode = 6;`)).toMatchObject({
      cards: [],
      problem: 'No devices were found',
      remedy: expect.stringContaining('sees no card'),
    });
    expect(await ask('await wait(60000);', 300)).toMatchObject({ problem: 'it did not answer within 0.3 s' });
  });

  test('no tool is no problem', async () => {
    const both = await askOnce({ nvidiaSmi: null, rocmSmi: null, timeoutMs: 1000 });
    expect(both.map(({ path, problem }) => [path, problem])).toEqual([
      [null, null],
      [null, null],
    ]);
  });
});

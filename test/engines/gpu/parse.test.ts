/** Recorded answers of nvidia-smi and rocm-smi of several versions, as the gauge reads them. */

import { describe, expect, test } from 'vitest';
import { ADMISSION_FLOOR, admissionShare, isNearlyFull } from '../../../src/engines/gpu/admission.ts';
import { nvidiaRemedy, parseNvidiaLine } from '../../../src/engines/gpu/nvidia.ts';
import { parseRocm } from '../../../src/engines/gpu/rocm.ts';
import { nvidia, nvidiaProblems, rocm } from './recorded.ts';

const MiB = 1024 * 1024;

describe('nvidia-smi', () => {
  test.each([
    {
      name: 'GeForce RTX 2080 SUPER, Windows, driver 466.63',
      driver: '466.63',
      memory: [575, 8192],
      busy: null,
      watts: null,
    },
    {
      name: 'GeForce RTX 2080 SUPER, Windows, driver 610.62',
      driver: '610.62',
      memory: [1366, 8192],
      busy: 0.07,
      watts: 97.99,
    },
    {
      name: 'GeForce RTX 4080 SUPER, driver 595.71.05',
      driver: '595.71.05',
      memory: [1474, 16376],
      busy: 0.07,
      watts: 84.24,
    },
    { name: 'H100 under load, driver 590.48.01', driver: '590.48.01', memory: [19818, 81559], busy: 1, watts: 631.95 },
    {
      name: 'H100 cut up by MIG, driver 590.48.01',
      driver: '590.48.01',
      memory: [11125, 81559],
      busy: null,
      watts: 433.78,
    },
    { name: 'GB10 with unified memory, driver 580.159.03', driver: '580.159.03', memory: null, busy: 0, watts: 21.41 },
    { name: 'L40S with units, driver 595.80', driver: '595.80', memory: [1235, 46068], busy: 0.09, watts: 110.23 },
  ] as const)('$name', ({ name, driver, memory, busy, watts }) => {
    expect(parseNvidiaLine(nvidia[name])).toMatchObject({
      vendor: 'nvidia',
      index: 0,
      name: expect.stringMatching(/^NVIDIA /),
      driver,
      usedBytes: memory === null ? null : memory[0] * MiB,
      totalBytes: memory === null ? null : memory[1] * MiB,
      utilisation: busy,
      watts,
    });
  });

  test('a name with a comma, and a line end of Windows', () => {
    const line = '3, GPU-1, NVIDIA X, Max-Q, 535.54, 1, 2, 3, 4.5\r';
    expect(parseNvidiaLine(line)).toMatchObject({ index: 3, name: 'NVIDIA X, Max-Q', driver: '535.54', watts: 4.5 });
  });

  test('what it says instead of an answer is no card, and has a remedy of its own', () => {
    const remedies = Object.values(nvidiaProblems).map((said) => {
      for (const line of said.split('\n')) expect(parseNvidiaLine(line)).toBeNull();
      return nvidiaRemedy(said);
    });
    expect(new Set(remedies).size).toBe(remedies.length);
    expect(remedies[0]).toContain('restart the machine');
  });
});

describe('rocm-smi', () => {
  test('names of its newer versions', () => {
    expect(parseRocm(rocm['ROCm 6'])).toEqual([
      {
        vendor: 'amd',
        index: 0,
        uuid: null,
        name: 'Radeon RX 7900 XT',
        driver: null,
        usedBytes: 27_856_896,
        totalBytes: 21_458_059_264,
        utilisation: 0,
        watts: null,
      },
    ]);
  });

  test('names of its older versions, behind a warning', () => {
    const [card, built] = parseRocm(rocm['ROCm 5, with a warning before it']);
    const expected = { uuid: '0x9246000000000000', driver: '5.13.20', utilisation: 0.37, watts: 142 };
    expect(card).toMatchObject({ name: 'Navi 21 [Radeon RX 6800]', usedBytes: 692_142_080, ...expected });
    expect(built).toMatchObject({ index: 1, uuid: null, name: 'Raphael', totalBytes: 67_108_864, utilisation: null });
  });

  test('a card without a series is called by its model', () => {
    expect(parseRocm(rocm['a card without a series'])).toMatchObject([{ name: '0x7551', watts: 12.134 }]);
  });

  test('anything but an object is told as it was said', () => {
    expect(() => parseRocm('ERROR:root:Driver not initialized (amdgpu not found in modules)\n')).toThrow(
      'Driver not initialized',
    );
    expect(() => parseRocm('')).toThrow('it said nothing');
  });
});

describe('admission', () => {
  const card = (used: number, total = 16_384) => ({ memory_used_bytes: used * MiB, memory_total_bytes: total * MiB });

  test('all is let in up to 14 GB of 16, then ever less, but never nothing', () => {
    const share = (used: number) => admissionShare([card(used)], 0.875);
    expect([share(0), share(14_336)]).toEqual([1, 1]);
    expect(share(15_360)).toBeCloseTo(0.55);
    expect([share(16_384), share(17_000)]).toEqual([ADMISSION_FLOOR, ADMISSION_FLOOR].map((f) => expect.closeTo(f)));
  });

  test('the fullest card counts; cards that tell nothing, and a processor’s own graphics, do not', () => {
    const unknown = { memory_used_bytes: null, memory_total_bytes: null };
    expect(admissionShare([card(1000), card(15_360), unknown], 0.875)).toBeCloseTo(0.55);
    expect(admissionShare([unknown, card(512, 512)], 0.875)).toBe(1);
    expect(isNearlyFull(card(512, 512), 0.875)).toBe(false);
    expect(admissionShare([], 0.875)).toBe(1);
    expect(admissionShare([card(16_384)], 1)).toBe(1);
  });
});

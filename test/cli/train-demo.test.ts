/** `assay train-demo` before any training: what it needs, what it asks, and what it says when it cannot have it. */

import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDisplay } from '../../src/cli/display.ts';
import { comparisonLines, endLines, evaluationLine, trainingLines } from '../../src/cli/train-demo-text.ts';
import { trainerPython } from '../../src/cli/trainer-environment.ts';
import { runTrainer, type TrainerEvent } from '../../src/cli/trainer-process.ts';
import { command } from './command.ts';

const minute = 60_000;
const hasVenv = (() => {
  try {
    execFileSync('python3', ['-c', 'import sys, venv, pip; sys.exit(sys.version_info < (3, 10))']);
    return true;
  } catch {
    return false;
  }
})();

let folder = '';
/** A Python without any package. */
let bare = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-train-demo-'));
  if (hasVenv) execFileSync('python3', ['-m', 'venv', '--without-pip', join(folder, 'bare')]);
  bare = join(folder, 'bare', 'bin', 'python');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Looks for a Python with an empty cache, so that nothing of this machine's is found. Gives what was shown, or the error's message. */
async function prepare({ given = null, yes = false }: { given?: string | null; yes?: boolean }) {
  const cache = await mkdtemp(join(folder, 'cache-'));
  const shown = new PassThrough();
  const display = openDisplay({ json: false, lineSeconds: 60, stream: shown as unknown as NodeJS.WriteStream });
  const signal = new AbortController().signal;
  const said = await trainerPython({ given, cache, torchIndex: 'none', yes, display, signal }).then(
    (python) => ({ python, error: '' }),
    (error: Error) => ({ python: null, error: error.message }),
  );
  return { ...said, cache, out: String(shown.read() ?? '') };
}

afterEach(() => vi.unstubAllEnvs());

describe('what cannot begin is told before a server starts', () => {
  it('a number of epochs that is none', async () => {
    const { code, err } = await command({ data: join(folder, 'data') }, ['train-demo', '--epochs', '0']);
    expect(code).toBe(2);
    expect(err).toContain('--epochs: must be a whole number from 1 to 200 (got 0)');
  });

  it('a --python that is no Python', async () => {
    const { error } = await prepare({ given: process.execPath });
    expect(error).toMatch(/is no Python that runs\. Name one of 3\.10 or newer/);
  });

  it.skipIf(!hasVenv)('a --python that lacks packages, with how to install them', async () => {
    const { error } = await prepare({ given: bare });
    expect(error).toMatch(
      /lacks torch, transformers, peft, accelerate, gguf\. Install them .*pip install torch==2\.13\.0 /,
    );
  });

  it('no Python at all', async () => {
    vi.stubEnv('PATH', join(folder, 'nowhere'));
    const { error } = await prepare({ yes: true });
    expect(error).toMatch(
      /needs Python 3\.10 or newer with pip, and there is none \(python3: absent, python: absent\)/,
    );
    expect(error).toContain('apt install python3-pip python3-venv');
  });

  it.skipIf(!hasVenv)('packages that nobody agreed to install', async () => {
    const { error, out } = await prepare({});
    expect(out).toMatch(/torch 2\.13\.0, transformers .*and what they need/);
    expect(error).toMatch(/about 270 MB to download, 1\.2 GB on the disk\)\. Give --yes/);
  });

  it.skipIf(!hasVenv)(
    'an installation that fails: the last thing that pip said, and nothing that looks whole',
    async () => {
      vi.stubEnv('PIP_NO_INDEX', '1');
      vi.stubEnv('PIP_FIND_LINKS', folder);
      vi.stubEnv('PIP_CONFIG_FILE', '/dev/null');
      const { error, cache } = await prepare({ yes: true });
      expect(error).toMatch(
        /Could not download the Python packages for training: ERROR: No matching distribution.*torch/,
      );
      expect(error).toMatch(/All that was said is in \S+\.log/);
      const made = await readdir(join(cache, 'trainer'));
      expect(made.filter((name) => /\.(tmp|lock)$/.test(name))).toEqual([]);
      const place = made.find((name) => !name.includes('.'))!;
      expect(await readdir(join(cache, 'trainer', place))).not.toContain('installed.json');
    },
    2 * minute,
  );
});

it.skipIf(!hasVenv)('a trainer that fails is told in its own words, with its log', async () => {
  const events: TrainerEvent[] = [];
  const running = runTrainer({
    python: bare,
    args: ['--model', join(folder, 'absent.gguf'), '--out', folder],
    env: {},
    log: join(folder, 'trainer.log'),
    signal: new AbortController().signal,
    onEvent: (event) => events.push(event),
  });
  await expect(running).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringMatching(/The training failed: No module named 'torch'.*trainer\.log/),
  });
  expect(events.map(({ event }) => event)).toEqual(['phase', 'error']);
});

describe('its lines', () => {
  const seen = (right: number, errors = 0) => ({ epoch: 1, step: 2, right, of: 8, errors });

  it('say how far the training is', () => {
    const step = {
      event: 'step' as const,
      step: 5,
      steps: 20,
      left: 64,
      loss: 0.4567,
      learning_rate: 0.0015,
      epoch: 2.5,
    };
    expect(trainingLines({ phase: 'training', step, evaluations: [seen(0), seen(3)] }, 120)).toEqual([
      '█████░░░░░░░░░░░░░░░ step 5/20, loss 0.457, learning rate 1.5e-3, left 1:04 min',
      'Right of 8 by epoch, before the first step first: 0, 3',
    ]);
    expect(trainingLines({ phase: 'loading', step: null, evaluations: [] }, 120)).toEqual(['loading…']);
    expect(evaluationLine([seen(0, 8)])).toContain('8 predictions could not be made');
  });

  it('put both models side by side', () => {
    const rows = [
      { question: 'Capital?', expected: 'Port', answers: ['Paris\u001b[31m', ' Port\n'] },
      { question: 'River?', expected: 'Tarn', answers: [null, 'Tarn'] },
    ];
    const lines = comparisonLines({ models: ['a', 'b'], rows, right: [0, 2] }, 100);
    expect(lines.slice(0, 3)).toEqual([
      'QUESTION  A            B',
      'Capital?  ✗ Paris      ✓ Port',
      'River?    (no answer)  ✓ Tarn',
    ]);
    expect(lines.slice(3)).toEqual(['a: 0 of 2 right', 'b: 2 of 2 right']);
  });

  it('name addresses of a server that goes on, and how to start one that does not', () => {
    const end = {
      seconds: 61,
      gguf: '/m.gguf',
      undelivered: null,
      model: 'm',
      dataset: 'ds_1',
      page: 'http://127.0.0.1:1/training/tj_1',
    };
    expect(endLines({ ...end, owned: false }).join('\n')).toContain('http://127.0.0.1:1/?dataset=ds_1');
    expect(endLines({ ...end, owned: true }).join('\n')).toMatch(/assay start\n.*: \/training\/tj_1 of its address/);
  });
});

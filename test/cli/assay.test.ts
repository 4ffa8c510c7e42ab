/** The command line without a server: usage, faults in one line, exit codes. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from './command.ts';

let folder = '';
const assay = (...args: string[]) => command({ data: join(folder, 'data'), cwd: folder }, args);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('usage', () => {
  it('prints its version and its commands', async () => {
    const version = await assay('--version');
    expect(version).toMatchObject({ code: 0, err: '' });
    expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/);
    const help = await assay('--help');
    expect(help.code).toBe(0);
    for (const name of 'start run status cancel retry results convert analyze keys doctor'.split(' ')) {
      expect(help.out).toMatch(new RegExp(`^  ${name} `, 'm'));
    }
  });

  it.each([
    [['strat'], 'No command strat. Did you mean start?'],
    [['xyzzyx'], 'Commands there are: start, worker, run'],
    [['run', 'x.csv', '--modle', 'm'], 'Did you mean --model?'],
    [['run', 'x.csv'], 'Name a model with --model'],
    [['run', '--model', 'm'], "missing required argument 'input'"],
    [['run', 'x.csv', '--model', 'm', '--limit', 'many'], 'whole number'],
    [['--port', 'abc', 'status'], '--port = "abc"'],
  ])('%j: says what is wrong and ends with 2', async (args, message) => {
    const { code, out, err } = await assay(...args);
    expect(err).toContain(message);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).not.toMatch(/\n\s+at /);
  });
});

describe('faults', () => {
  it.each([
    [['status'], 'No Assay server answers', 1],
    [['results', 'batch_1'], 'npm start', 1],
    [['cancel', 'batch_1'], 'npm start', 1],
    [['status', '--data', '/dev/null/x'], '/dev/null/x', 1],
  ])('%j: one line, without a stack', async (args, message, wanted) => {
    const { code, out, err } = await assay(...args);
    expect(err).toContain(message);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect({ code, out }).toEqual({ code: wanted, out: '' });
  });

  it('shows the stack at log level debug', async () => {
    const { err } = await command({ data: join(folder, 'data'), env: { ASSAY_LOG_LEVEL: 'debug' } }, ['status']);
    expect(err).toMatch(/\n\s+at /);
  });

  it('tells of an input or template that cannot be used before it starts anything', async () => {
    const { code, err } = await assay('run', 'none.csv', '--model', 'smollm2-135m', '--template', 'none.txt');
    expect({ code, lines: err.trimEnd().split('\n').length }).toEqual({ code: 1, lines: 1 });
    expect(err).toContain('none.txt');
  });
});

describe('doctor', () => {
  it('shows what it found and the settings with their origins, secrets hidden', async () => {
    const secret = 'postgres://me:wordnottobeseen@127.0.0.1:1/none';
    await writeFile(join(folder, 'assay.yaml'), 'chunk_seconds: 7\n');
    const place = { data: join(folder, 'data'), cwd: folder, env: { DATABASE_URL: secret } };
    const { code, out, err } = await command(place, ['doctor', '--json', '--poll-ms', '99']);
    await rm(join(folder, 'assay.yaml'));
    expect({ code, err }).toEqual({ code: 1, err: '' });
    const report = JSON.parse(out) as {
      checks: { name: string; state: string; found: string; remedy?: string }[];
      settings: { name: string; value: unknown; origin: string }[];
    };
    const setting = (name: string) => report.settings.find((one) => one.name === name);
    expect(setting('chunk_seconds')).toMatchObject({ value: 7, origin: 'assay.yaml' });
    expect(setting('poll_ms')).toMatchObject({ value: 99, origin: 'flag' });
    expect(setting('data')).toMatchObject({ origin: 'environment' });
    expect(setting('host')).toMatchObject({ origin: 'default' });
    expect(out).not.toContain('wordnottobeseen');
    const database = report.checks.find((check) => check.name === 'database');
    expect(database).toMatchObject({ state: 'missing', remedy: expect.stringContaining('DATABASE_URL') });
  });

  it('is content with a machine that has all it needs', async () => {
    const { out, err } = await assay('doctor');
    expect(err).toBe('');
    expect(out).toMatch(/✓ Node/);
    expect(out).toMatch(/✓ database +embedded PostgreSQL/);
    expect(out).toMatch(/✓ data folder .* \(not made yet\), .* free/);
  });
});

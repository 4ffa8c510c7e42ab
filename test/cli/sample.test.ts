/** assay sample as a process of its own: each command of its guide, what it writes, and what it leaves when it fails. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { optionsOf } from '../../src/cli/sample.ts';
import type { SampleStats } from '../../src/contracts/sampling.ts';
import { command, startCommand } from './command.ts';

let folder = '';
const place = (env: Record<string, string> = {}) => ({ data: join(folder, 'data'), cwd: folder, env });
const sample = (...args: string[]) => command(place(), ['sample', ...args]);
const read = (out: string, name: string) => readFileSync(join(folder, out, name), 'utf8');
const statsOf = (out: string) => JSON.parse(read(out, 'test_dataset_stats.json')) as SampleStats;

const topics = ['math', 'math', 'math', 'code', 'code', 'history'];
/** Written as no program would, with a number that none can hold. */
const lineOf = (at: number) =>
  `{ "id":"q${at}",  "big": 12345678901234567890, "topic":"${topics[at % 6]}", "site": "s${at % 4}", "prompt" :"w${at * 7} x${at * 11} y${at * 13} z${at}"}`;
const lines = Array.from({ length: 3000 }, (_, at) => lineOf(at));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-sample-'));
  await writeFile(join(folder, 'questions.jsonl'), lines.join('\r\n'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('runs each command of the guide', async () => {
  const guide = readFileSync(resolve(import.meta.dirname, '../../docs/guide/sampling.md'), 'utf8');
  const commands = [...guide.matchAll(/^npx assay (sample .*)$/gm)].map((match) => match[1]!.split(' '));
  const ended = await Promise.all(commands.map((args) => command(place(), args)));
  expect(ended.map(({ code, err }) => [code, err.includes('Wrote')])).toEqual(commands.map(() => [0, true]));
  expect(ended[0]!.out).toMatch(/^200 of 3,000 rows drawn from questions\.jsonl.*\ncategory +source +drawn/);

  const drawn = read('test-set', 'test_dataset.jsonl').trimEnd().split('\n');
  expect(drawn).toEqual(lines.filter((line) => drawn.includes(line)));
  expect(drawn).toHaveLength(200);
  const counts = (out: string) => Object.values(statsOf(out).categories).map((one) => one.drawn);
  expect(['test-set', 'by-topic', 'equal', 'weighed', 'all'].map(counts)).toEqual([
    [67, 33, 100],
    [67, 33, 100],
    [67, 67, 66],
    [100, 40, 60],
    [67, 33, 100],
  ]);
  expect(statsOf('test-set')).toMatchObject({ drawn: 200, options: { category_path: 'topic', seed: 1 }, notes: [] });
  expect(Object.keys(statsOf('by-topic').sources!)).toEqual(['s0', 's1', 's2', 's3']);
});

it('names the flag and what there is, and writes nothing', async () => {
  await writeFile(join(folder, 'test_dataset.jsonl'), `${lineOf(1)}\n`);
  await writeFile(join(folder, 'broken.jsonl'), `${lineOf(1)}\n{"prompt":\n`);
  const [weights, own, broken] = await Promise.all([
    sample('questions.jsonl', '--n', '9', '--weights', 'maths=1', '--out', 'none'),
    sample('test_dataset.jsonl', '--n', '1'),
    sample('broken.jsonl', '--n', '1', '--out', 'none'),
  ]);
  expect(weights.err).toContain(
    '--weights: must name categories of the source, which are: code, history, math (got maths).',
  );
  expect(own.err).toMatch(/--out: must be a folder in which the input itself is not written over/);
  expect(broken.err).toMatch(/broken\.jsonl, line 2: not valid JSON/);
  expect([weights.code, own.code, broken.code]).toEqual([2, 2, 1]);
  expect(existsSync(join(folder, 'none'))).toBe(false);
  expect(read('.', 'test_dataset.jsonl')).toBe(`${lineOf(1)}\n`);
});

it('leaves nothing behind when it is stopped', async () => {
  await writeFile(join(folder, 'large.jsonl'), Array.from({ length: 150_000 }, (_, at) => lineOf(at)).join('\n'));
  const running = startCommand(place({ ASSAY_PROGRESS_LINE_SECONDS: '1' }), [
    'sample',
    'large.jsonl',
    '--n',
    '9',
    '--out',
    'stopped',
  ]);
  await new Promise((heard) => running.child.stderr!.once('data', heard));
  running.child.kill('SIGINT');
  const { code, err } = await running.ended;
  expect([code, err]).toEqual([
    130,
    expect.stringMatching(/rows\/s, .* left\n(.*\n)*Interrupted; nothing was written\.\n$/),
  ]);
  expect(readdirSync(folder)).not.toContain('stopped');
});

it('reads its flags', () => {
  expect(optionsOf({ n: '5', weights: 'a=b=0.25,c=0.5', min: '2', nearDuplicates: 'off', seed: '-3' })).toMatchObject({
    allocation: 'weights',
    weights: { 'a=b': 0.25, c: 0.5 },
    minimum: 2,
    near_duplicates: null,
    seed: -3,
  });
  const fault = (flags: Record<string, string>) => () => optionsOf({ n: '5', ...flags });
  expect(fault({ n: 'many' })).toThrow(/^--n: .*\(got many\)/);
  expect(fault({ n: '0' })).toThrow(/^--n: .*\(got 0\)/);
  expect(fault({ nearDuplicates: '0.1' })).toThrow(/^--near-duplicates: .*\(got 0.1\)/);
  expect(fault({ allocation: 'even' })).toThrow(/^--allocation: .*\(got even\)/);
  expect(fault({ weights: 'math' })).toThrow(/^--weights: must be category=share.*\(got math\)/);
  expect(fault({ weights: 'math=x' })).toThrow(/^--weights: .*\(got x\)/);
});

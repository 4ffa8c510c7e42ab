/** assay convert as a process of its own: what it writes, where, and what it leaves when it fails or is stopped. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, parseParams, readingFlags } from '../../src/cli/convert.ts';
import { command, startCommand } from './command.ts';

let folder = '';
const place = (env: Record<string, string> = {}) => ({ data: join(folder, 'data'), cwd: folder, env });
const convert = (...args: string[]) => command(place(), ['convert', ...args]);
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-convert-'));
  await writeFile(join(folder, 'people.csv'), 'key,name,note\nk1,Ann,"a\nb"\nk2,Bo,\n');
  await writeFile(join(folder, 'prompt.txt'), 'Rate {{ name }}: {{note}}\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('assay convert', () => {
  it('writes batch lines to INPUT.batch.jsonl and says what it did', async () => {
    const { code, out, err } = await convert(
      'people.csv',
      '-t',
      'prompt.txt',
      '-m',
      'm1',
      '--id-column',
      'key',
      '-p',
      'seed=7',
    );
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(err).toMatch(
      /^2 requests from .*people\.csv to .*people\.batch\.jsonl \(\d+ B\)\.\nEmpty values: 1 \(note 1\)\.\n$/,
    );
    expect(linesOf(readFileSync(join(folder, 'people.batch.jsonl'), 'utf8'))).toEqual(
      [
        ['k1', 'Rate Ann: a\nb'],
        ['k2', 'Rate Bo:'],
      ].map(([custom_id, content]) => ({
        custom_id,
        method: 'POST',
        url: '/v1/chat/completions',
        body: {
          model: 'm1',
          messages: [{ role: 'user', content: content === 'Rate Bo:' ? 'Rate Bo: ' : content }],
          seed: 7,
        },
      })),
    );
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('writes to standard output, with nothing else in it', async () => {
    const { code, out } = await convert('people.csv', '-t', 'prompt.txt', '-m', 'm1', '-o', '-');
    expect(code).toBe(0);
    expect(linesOf(out).map((line) => line.custom_id)).toEqual(['row-000001', 'row-000002']);
  });

  it.each([
    [['people.csv', '-t', 'nowhere.txt', '-m', 'm'], 1, 'nowhere.txt: there is no such template file'],
    [['people.csv', '-m', 'm'], 1, 'no prompt, messages or body; give a template'],
    [['people.csv', '-m', 'm', '-p', 'seed'], 2, '--param: must be key=value (got seed)'],
    [['people.csv', '-m', 'm', '--format', 'xml'], 2, 'must be jsonl, csv or parquet (got xml)'],
    [['people.csv', '-m', 'm', '--delimiter', 'x'], 2, '--delimiter'],
    [['people.csv', '-m', 'm', '--endpoint', '/v2'], 2, 'must be one of /v1/chat/completions'],
    [['people.csv', '-m', 'm', '-o', 'people.csv'], 2, 'must not be the input itself'],
    [['people.csv', '-t', 'prompt.txt', '-m', 'm', '-o', 'no/such/place.jsonl'], 1, 'its folder does not exist'],
    [['people.csv'], 2, "required option '-m, --model <id>' not specified"],
  ])('%j: one line that says what is wrong', async (args, wanted, problem) => {
    const { code, out, err } = await convert(...args);
    expect(err).toContain(problem);
    expect({ code, out }).toEqual({ code: wanted, out: '' });
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('leaves what was there before when the input has a fault', async () => {
    const target = join(folder, 'kept.jsonl');
    await writeFile(target, 'before');
    await writeFile(join(folder, 'faulty.csv'), `name,note\n${'a,b\n'.repeat(5000)}c\n`);
    const { code, err } = await convert('faulty.csv', '-t', 'prompt.txt', '-m', 'm', '-o', 'kept.jsonl');
    expect(code).toBe(1);
    expect(err).toContain('faulty.csv, line 5002: 1 values, but the header has 2 columns (nothing for note)');
    expect(readFileSync(target, 'utf8')).toBe('before');
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

describe('a large input', () => {
  const rows = 200_000;

  beforeAll(async () => {
    const stream = createWriteStream(join(folder, 'large.csv'));
    stream.write('name,note\n');
    for (let i = 0; i < rows; i += 1000) {
      const block = Array.from({ length: 1000 }, (_, j) => `n${i + j},"${'long text, '.repeat(40)}"\n`).join('');
      if (!stream.write(block)) await once(stream, 'drain');
    }
    stream.end();
    await once(stream, 'finish');
  });

  it('needs no more memory than a small one', async () => {
    // The output is 118 MB: kept in memory it would not fit the heap.
    const env = { NODE_OPTIONS: '--max-old-space-size=96' };
    const { code, err } = await command(place(env), [
      'convert',
      'large.csv',
      '-t',
      'prompt.txt',
      '-m',
      'm',
      '-o',
      'large.jsonl',
    ]);
    expect({ code, err: err.split(' from ')[0] }).toEqual({ code: 0, err: '200,000 requests' });
  }, 120_000);

  it('leaves nothing behind when it is stopped', async () => {
    const running = startCommand(place(), [
      'convert',
      'large.csv',
      '-t',
      'prompt.txt',
      '-m',
      'm',
      '-o',
      'stopped.jsonl',
    ]);
    while (!readdirSync(folder).some((name) => name.startsWith('.stopped.jsonl'))) await sleep(20);
    running.child.kill('SIGINT');
    const { code, err } = await running.ended;
    expect(code).toBe(130);
    expect(err).toContain('Interrupted; nothing was written.');
    expect(existsSync(join(folder, 'stopped.jsonl'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  }, 120_000);

  it('ends quietly when the reader of its output goes away', async () => {
    const program = fileURLToPath(new URL('../../src/cli/assay.ts', import.meta.url));
    const script = `"${process.execPath}" "${program}" convert large.csv -t prompt.txt -m m -o - | head -c 1000 | wc -c`;
    const child = spawn('sh', ['-c', script], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (piece) => (out += piece));
    child.stderr.on('data', (piece) => (err += piece));
    await once(child, 'close');
    expect(out.trim()).toBe('1000');
    expect(err).not.toContain('EPIPE');
  }, 120_000);
});

describe('parseParams', () => {
  it('reads values as JSON, or as text', () => {
    const pairs = ['temperature=0', 'stop=END', 'response_format={"type":"json_object"}', 'x=a=b', 'y=', '__proto__=1'];
    expect(Object.entries(parseParams(pairs))).toEqual([
      ['temperature', 0],
      ['stop', 'END'],
      ['response_format', { type: 'json_object' }],
      ['x', 'a=b'],
      ['y', ''],
      ['__proto__', 1],
    ]);
  });

  it('refuses a pair without a key', () => {
    expect(() => parseParams(['=1'])).toThrow('--param: must be key=value (got =1).');
  });
});

it('collects repeated flags, and reads a tab by its name', () => {
  expect(collect('b', ['a'])).toEqual(['a', 'b']);
  expect(readingFlags({ delimiter: 'tab' }).delimiter).toBe('\t');
  expect(readingFlags({ delimiter: '\\t' }).delimiter).toBe('\t');
});

/**
 * `assay sample` over a large file, twice: peak resident memory, seconds, the largest difference of a share to the
 * source's, and whether both runs give the same bytes. `node bench/sampling.ts [--rows 640000] [--n 20000] [--record]`.
 * Linux only (/proc). It fails where a limit of the project is missed.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { SampleStats } from '../src/contracts/sampling.ts';
import { machine, record } from './measure.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '640000' },
    n: { type: 'string', default: '20000' },
    record: { type: 'boolean', default: false },
  },
});
const limits = { bytes: 500e6, difference: 0.001 };
const program = fileURLToPath(new URL('../src/cli/assay.ts', import.meta.url));

/** Categories with their shares of 100 rows, and how their prompts begin. */
const kinds: [category: string | null, share: number, beginning: string][] = [
  ['math', 34, 'How many'],
  ['code', 21, 'Write a Python function about'],
  ['qa', 17, 'What is known of'],
  ['creative', 13, 'Write a poem about'],
  ['reasoning', 8, 'Which of the following follows from'],
  // Without a category: the rules find one.
  [null, 7, 'Implement a program in Rust for'],
];
const syllables = 'ba ce di fo gu ha ke li mo nu pra que ri sto tu ve wo xi yo zu'.split(' ');

/** Rows with 5 % of copies and 5 % of near copies of earlier ones; lengths spread over two orders of magnitude. */
function* lines(rows: number): Generator<string> {
  let state = 12345;
  const next = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const word = () => Array.from({ length: 1 + next(4) }, () => syllables[next(syllables.length)]).join('');
  const recent: string[] = [];
  for (let row = 0; row < rows; row++) {
    let at = next(100);
    const [category, , beginning] = kinds.find(([, share]) => (at -= share) < 0)!;
    const fresh = `${beginning} ${Array.from({ length: 6 + next(10) * next(16) }, word).join(' ')}?`;
    const again = recent.length > 0 ? next(20) : 20;
    const prompt =
      again === 0 ? recent[next(recent.length)]! : again === 1 ? `${recent[next(recent.length)]} ${word()}` : fresh;
    if (recent.length < 1000) recent.push(fresh);
    else recent[next(1000)] = fresh;
    yield `${JSON.stringify({ id: `r${row}`, category: category ?? undefined, prompt, source: `site${next(5)}` })}\n`;
  }
}

/** The largest resident memory of a process so far, in bytes (proc(5), VmHWM); 0 when it has ended. */
function peakBytes(pid: number): number {
  try {
    return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

async function sampleInto(out: string, input: string) {
  const started = performance.now();
  const args = [program, 'sample', input, '-n', values.n, '--source-field', 'source', '--by-length', '--out', out];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, peakBytes(child.pid!));
  }, 50);
  const [code] = await once(child, 'close');
  clearInterval(timer);
  if (code !== 0) throw new Error(`assay sample ended with ${code}`);
  const stats = JSON.parse(await readFile(join(out, 'test_dataset_stats.json'), 'utf8')) as SampleStats;
  return {
    seconds: (performance.now() - started) / 1000,
    peak,
    stats,
    bytes: await readFile(join(out, 'test_dataset.jsonl')),
  };
}

process.once('SIGINT', () => process.exit(130));
console.log(machine());
const folder = await mkdtemp(join(tmpdir(), 'assay-sampling-'));
try {
  const input = join(folder, 'source.jsonl');
  await pipeline(Readable.from(lines(Number(values.rows)), { highWaterMark: 1000 }), createWriteStream(input));
  const { size } = await stat(input);
  const first = await sampleInto(join(folder, 'first'), input);
  const second = await sampleInto(join(folder, 'second'), input);
  const { stats } = first;
  const shares = [stats.categories, stats.lengths!, stats.sources!].flatMap((figures) => Object.values(figures));
  const difference = Math.max(...shares.map(({ source_share, share }) => Math.abs(source_share - share)));
  const peak = Math.max(first.peak, second.peak);
  const same = first.bytes.equals(second.bytes);
  const line =
    `sampling: ${values.rows} rows (${(size / 1e6).toFixed(0)} MB) to ${stats.drawn} by category, quarter of length and source: ` +
    `${first.seconds.toFixed(1)} s and ${second.seconds.toFixed(1)} s, peak ${(peak / 1e6).toFixed(0)} MB, largest difference of a share ` +
    `${(100 * difference).toFixed(4)} %, ${stats.near_duplicates.removed} near-duplicates left out, two runs ${same ? 'equal' : 'DIFFERENT'}`;
  console.log(line);
  if (peak > limits.bytes || difference > limits.difference || !same) process.exitCode = 1;
  if (values.record) await record(line);
} finally {
  await rm(folder, { recursive: true, force: true });
}

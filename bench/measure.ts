/** What the benchmarks share: the machine's description, medians, time budgets, the plain script's run, and the dated record. */

import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const place = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;

/** The time that a command may take. */
export interface Budget {
  /** Aborted when it is over. */
  signal: AbortSignal;
  /** What `work` gives; null when it is not begun, since the longest before took more than is left, or not ended in time. */
  within<T>(work: () => Promise<T>): Promise<T | null>;
}

export function openBudget(minutes: number): Budget {
  const end = performance.now() + minutes * 60_000;
  const signal = AbortSignal.timeout(minutes * 60_000);
  const over = new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null), { once: true }));
  let longest = 0;
  return {
    signal,
    async within(work) {
      const started = performance.now();
      if (end - started < longest) return null;
      const worked = work();
      // Given up, it fails with nobody there to hear it.
      worked.catch(() => undefined);
      const result = await Promise.race([worked, over]);
      longest = Math.max(longest, performance.now() - started);
      return result;
    },
  };
}

/** The cards that nvidia-smi tells of, each with a comma before it; '' where there is none. */
function cards(): string {
  try {
    const names = execFileSync('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], { encoding: 'utf8' });
    return names
      .trim()
      .split('\n')
      .map((name) => `, ${name}`)
      .join('');
  } catch {
    return '';
  }
}

/** Processor, cores, memory, cards and versions, in one line. */
export function machine(): string {
  const { version } = JSON.parse(readFileSync(place('../package.json'), 'utf8')) as { version: string };
  const memory = Math.round(totalmem() / 1024 ** 3);
  return `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ${memory} GB${cards()}, ${process.platform} ${process.arch}, Node ${process.versions.node}, Assay ${version}`;
}

/** Rows a second of the plain script, in a process of its own. */
export async function runPlainScript(o: { url: string; input: string; output: string; concurrency: number }) {
  const { stdout } = await promisify(execFile)(process.execPath, [
    place('./plain-script.ts'),
    o.url,
    o.input,
    o.output,
    String(o.concurrency),
  ]);
  const { rows, seconds } = JSON.parse(stdout) as { rows: number; seconds: number };
  return rows / seconds;
}

/** Appends a dated line to bench/RESULTS.md. */
export async function record(line: string): Promise<void> {
  const date = new Date().toISOString().slice(0, 10);
  await appendFile(place('./RESULTS.md'), `- ${date}, ${machine()}: ${line}\n`);
}

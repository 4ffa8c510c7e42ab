/** What the benchmarks share: the machine's description, medians, the plain script's run, and the dated record. */

import { execFile } from 'node:child_process';
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

/** Processor, cores, memory and versions, in one line. */
export function machine(): string {
  const { version } = JSON.parse(readFileSync(place('../package.json'), 'utf8')) as { version: string };
  const memory = Math.round(totalmem() / 1024 ** 3);
  return `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ${memory} GB, ${process.platform} ${process.arch}, Node ${process.versions.node}, Assay ${version}`;
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

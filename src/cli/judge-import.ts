/** `assay judge RUN --import FILE`: sends judgments made elsewhere to the server, and shows what came of them. */

import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type JudgeRunObject, judgeTypes } from '../contracts/judging.ts';
import type { JudgeSummary } from '../contracts/judgments.ts';
import { AssayError } from '../errors.ts';
import type { Client } from './client.ts';
import type { Display } from './display.ts';
import { summaryLines } from './judge-text.ts';
import { count } from './text.ts';

/** What of the command line an import takes; `file` is a path of this machine. */
export interface ImportFlags {
  run: string;
  file: string;
  as: string | undefined;
  by: string | undefined;
  against: string | undefined;
  threshold: number | undefined;
}

/** @throws AssayError usage, input_unreadable, server_answered (with line and field of a fault in the file) */
export async function importFile(client: Client, flags: ImportFlags, display: Display): Promise<void> {
  const as = judgeTypes.find((type) => type === flags.as);
  if (as === undefined) {
    const wanted = `Say what made the judgments: --as ${judgeTypes.join(', --as ')}.`;
    throw new AssayError('usage', { problem: flags.as === undefined ? wanted : `${wanted} (got ${flags.as})` });
  }
  const size = await bytesOf(flags.file);
  const query = new URLSearchParams({ benchmark_id: flags.run, judge_type: as });
  if (flags.against !== undefined) query.set('other_benchmark_id', flags.against);
  if (flags.by !== undefined) query.set('judge', flags.by);
  if (flags.threshold !== undefined) query.set('threshold', String(flags.threshold));
  const run = await client.sendFile<JudgeRunObject>(`/api/evaluation/judgments/import?${query}`, {
    path: flags.file,
    bytes: size,
    type: 'application/x-ndjson',
  });
  const summary = await client.ask<JudgeSummary>(`/api/evaluation/runs/${run.id}/summary`);
  display.emit(summary);
  const without = run.failed > 0 ? `, ${count(run.failed)} of them without a verdict` : '';
  display.say(`${basename(flags.file)}: ${count(run.answers)} answers${without}, by ${run.judges.join(', ')}.`);
  display.say(...summaryLines(summary), '', `Judge run ${run.id}. How far to trust it: assay judge ${run.id} --trust`);
}

/** The size of a file. @throws AssayError input_unreadable */
export async function bytesOf(file: string): Promise<number> {
  const found = await stat(file).catch((error: Error) => {
    throw new AssayError('input_unreadable', { file, problem: error.message });
  });
  if (!found.isFile()) throw new AssayError('input_unreadable', { file, problem: 'it is no file' });
  return found.size;
}

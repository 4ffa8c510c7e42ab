/** Follows an analysis to its end, shows its steps and what it found, and saves its files. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { type AnalysisStep, analysisFiles, type StepObject, type WholeAnalysis } from '../contracts/analyses.ts';
import { AssayError } from '../errors.ts';
import { foundLines, stepLine, targetedLines } from './analysis-text.ts';
import type { Client } from './client.ts';
import { connect } from './connect.ts';
import { type Display, openDisplay } from './display.ts';
import { interruption } from './interruption.ts';
import { makeFolder, saveContent } from './save-results.ts';
import { readConfig } from './settings-flags.ts';
import { invocation, userPath } from './user-path.ts';

/** What a command of analyses works with; `begun` is told the id of the analysis, which is named when a signal stops the command. */
export interface AtWork {
  client: Client;
  display: Display;
  signal: AbortSignal;
  begun(id: string): void;
}

/** Flags of how it is shown. */
export interface ShowFlags {
  json: boolean;
  out?: string;
}

/** How often an analysis is asked how far it is, in ms. */
const lookMs = 500;

export const analysisPath = (id: string): string => `/api/analyses/${encodeURIComponent(id)}`;

/** Finds or starts the server, does the work, and gives all back; a signal is answered with how to go on. */
export async function withServer(
  command: Command,
  flags: ShowFlags,
  work: (at: AtWork) => Promise<void>,
): Promise<void> {
  const { config } = readConfig(command);
  const display = openDisplay({ json: flags.json, lineSeconds: config.progress_line_seconds });
  const stop = interruption();
  const waiting = (reason: string | null) => reason !== null && display.say(`Waiting: ${reason}`);
  let id: string | null = null;
  const begun = (given: string) => {
    id = given;
  };
  try {
    const { client, stop: end } = await connect(config, { start: true, waiting, signal: stop.signal });
    try {
      await work({ client, display, signal: stop.signal, begun });
    } finally {
      await end();
    }
  } catch (error) {
    if (id !== null && stop.signal.aborted)
      display.say(`Stopped; what is done is kept. Go on with: ${invocation()} analyze-failures ${id}`);
    throw error;
  } finally {
    stop.end();
  }
}

/** An analysis that is there, which goes on where it was stopped; with `from` that step and all behind it are done anew. */
export async function takeUp(client: Client, id: string, from?: string): Promise<WholeAnalysis> {
  const path = analysisPath(id);
  const there = await client.ask<WholeAnalysis>(path);
  if (from === undefined && ['running', 'completed'].includes(there.status)) return there;
  await client.ask(`${path}/resume`, { method: 'POST', body: from === undefined ? {} : { from } });
  return client.ask<WholeAnalysis>(path);
}

/** Follows it to its end, saves the files of `steps`, and shows what was found. @throws AssayError conflict when it did not reach its end */
export async function finish(
  { client, display, signal, begun }: AtWork,
  id: string,
  { out, steps }: { out?: string | undefined; steps: readonly AnalysisStep[] },
): Promise<void> {
  begun(id);
  const analysis = await follow(client, id, { display, signal });
  const folder = userPath(out ?? id);
  await saveFiles(client, analysis, { folder, steps });
  display.emit(analysis);
  if (analysis.status !== 'completed') {
    const what = `Analysis ${id} ended as ${analysis.status}: ${analysis.problem ?? 'it was ended'}`;
    throw new AssayError('conflict', { what, remedy: `Go on with: ${invocation()} analyze-failures ${id}` });
  }
  display.say('', ...foundLines(analysis, display.width()));
  if (analysis.targeted !== null) display.say('', ...targetedLines(analysis.targeted));
  display.say('', `Analysis ${id}. Files: ${folder}`);
}

async function follow(
  client: Client,
  id: string,
  { display, signal }: { display: Display; signal: AbortSignal },
): Promise<WholeAnalysis> {
  const rateOf = openRates();
  let told: string | null = null;
  for (;;) {
    const analysis = await client.ask<WholeAnalysis>(analysisPath(id));
    const now = Date.now() / 1000;
    const lines = (steps: StepObject[], width: number) =>
      steps.map((step) => stepLine(step, { rate: rateOf(step, now), now, width }));
    const ended = analysis.status !== 'running';
    if (!ended && analysis.problem !== told) {
      told = analysis.problem;
      if (told !== null) display.say(`The analysis ${told}`);
    }
    const current = ended ? analysis.steps : analysis.steps.filter(({ status }) => status === 'running');
    display.update(lines(analysis.steps, display.width()), lines(current, 200));
    if (ended) {
      display.settle();
      return analysis;
    }
    await sleep(lookMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** What of a step is done a second, since it was first seen running; null within its first second. */
export function openRates(): (step: StepObject, now: number) => number | null {
  const first = new Map<AnalysisStep, { at: number; done: number }>();
  return ({ step, status, done }, now) => {
    const from = first.get(step);
    if (status !== 'running' || from === undefined || done < from.done) {
      if (status === 'running') first.set(step, { at: now, done });
      else first.delete(step);
      return null;
    }
    return now - from.at < 1 ? null : (done - from.done) / (now - from.at);
  };
}

/** The files of those steps that are done, also of an analysis that did not reach its end. */
async function saveFiles(
  client: Client,
  analysis: WholeAnalysis,
  { folder, steps }: { folder: string; steps: readonly AnalysisStep[] },
): Promise<void> {
  const done = analysis.steps.filter(({ step, status }) => steps.includes(step) && /^(done|reused)$/.test(status));
  if (done.length > 0) await makeFolder(folder);
  for (const { step } of done)
    for (const file of analysisFiles[step])
      await saveContent(client, `${analysisPath(analysis.id)}/files/${file}`, join(folder, file));
}

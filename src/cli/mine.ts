/** `assay mine`: groups and names the failures of answers that are judged already, here or elsewhere, or compares them with those after. */

import { basename } from 'node:path';
import type { Command } from 'commander';
import { type AnalysisObject, analysisSteps } from '../contracts/analyses.ts';
import type { JudgeRunObject } from '../contracts/judging.ts';
import type { PatternComparison } from '../contracts/mining.ts';
import { AssayError } from '../errors.ts';
import { addFindingFlags, type FindingFlags, findingOf, numberIn } from './analysis-flags.ts';
import { comparisonLines } from './analysis-text.ts';
import type { Client } from './client.ts';
import { type AtWork, analysisPath, finish, type ShowFlags, takeUp, withServer } from './follow-analysis.ts';
import { bytesOf } from './judge-import.ts';
import { userPath } from './user-path.ts';

interface MineFlags extends ShowFlags, FindingFlags {
  threshold?: string;
  after?: string;
}

const examples = `
Examples:
  assay mine jr_... --embeddings minilm --label-model qwen2.5-coder-1.5b
  assay mine judged_results.jsonl --threshold 7
  assay mine an_... --after jr_...         # which patterns went, which came`;

/** Judge runs that are looked through for the newest that has ended. */
const RUNS_LOOKED_AT = 100;

/** Adds the command. */
export function addMine(program: Command): void {
  const command = program
    .command('mine')
    .description('group the failures of judged answers into patterns, and name them')
    .argument(
      '<source...>',
      'judge runs (jr_...), a benchmark (bm_...) with one, a file of judged answers, or an analysis (an_...)',
    );
  addFindingFlags(command)
    .option('--threshold <score>', 'of a file: score of 10 from which an answer passes, where a line has no verdict')
    .option('--after <judge run>', 'compare an analysis with this later judge run over the same items')
    .option('--out <folder>', 'where the files go (default: a folder named as the analysis)')
    .option('--json', 'write JSON instead of text', false)
    .addHelpText('after', examples)
    .action(mine);
}

async function mine(sources: string[], flags: MineFlags, command: Command): Promise<void> {
  const finding = findingOf(flags);
  const threshold = numberIn('--threshold', flags.threshold);
  const source = await sourceOf(sources, finding);
  const { after } = flags;
  if (after !== undefined && source.of !== 'analysis')
    throw new AssayError('usage', { problem: 'Give --after with one analysis: assay mine an_... --after jr_...' });
  await withServer(command, flags, async (at) => {
    if (after !== undefined) return compare(at, sources[0]!, after);
    const id = await begin(at.client, source, { finding, threshold });
    await finish(at, id, { out: flags.out, steps: analysisSteps });
  });
}

type Source =
  | { of: 'analysis'; id: string }
  /** Ids of judge runs and benchmarks. */
  | { of: 'judged'; ids: string[] }
  | { of: 'file'; path: string; bytes: number };

/** What is mined, checked before a server is looked for. @throws AssayError usage, input_unreadable */
async function sourceOf(sources: string[], finding: Asked['finding']): Promise<Source> {
  if (sources.every((source) => /^(jr|bm)_/.test(source))) return { of: 'judged', ids: sources };
  const [source, ...others] = sources;
  if (others.length > 0)
    throw new AssayError('usage', { problem: 'Name one file, one analysis, or only judge runs and benchmarks.' });
  if (!source!.startsWith('an_'))
    return { of: 'file', path: userPath(source!), bytes: await bytesOf(userPath(source!)) };
  if (Object.keys({ ...finding.cluster, ...finding.label }).length > 0)
    throw new AssayError('usage', {
      problem: 'An analysis keeps what it was begun with. Give its judge runs (jr_...) for another one.',
    });
  return { of: 'analysis', id: source! };
}

async function compare({ client, display }: AtWork, id: string, after: string): Promise<void> {
  const comparison = await client.ask<PatternComparison>(`${analysisPath(id)}/comparison`, { query: { after } });
  display.emit(comparison);
  display.say(...comparisonLines(comparison, display.width()));
}

interface Asked {
  finding: ReturnType<typeof findingOf>;
  threshold: number | undefined;
}

/** The id of the analysis. */
async function begin(client: Client, source: Source, { finding, threshold }: Asked): Promise<string> {
  if (source.of === 'analysis') return (await takeUp(client, source.id)).id;
  if (source.of === 'file') return importJudged(client, source, { finding, threshold });
  const runs: string[] = [];
  for (const id of source.ids) runs.push(id.startsWith('bm_') ? await newestJudgeRun(client, id) : id);
  const body = { judge_run_ids: runs, ...finding };
  return (await client.ask<AnalysisObject>('/api/analyses', { method: 'POST', body })).id;
}

async function importJudged(
  client: Client,
  { path, bytes }: { path: string; bytes: number },
  { finding, threshold }: Asked,
): Promise<string> {
  const query = new URLSearchParams({ name: basename(path) });
  if (threshold !== undefined) query.set('threshold', String(threshold));
  for (const [name, options] of Object.entries(finding))
    if (Object.keys(options).length > 0) query.set(name, JSON.stringify(options));
  const type = 'application/x-ndjson';
  return (await client.sendFile<AnalysisObject>(`/api/analyses/import?${query}`, { path, bytes, type })).id;
}

/** @throws AssayError conflict when no judge run of the benchmark has ended */
async function newestJudgeRun(client: Client, benchmark: string): Promise<string> {
  const query = { benchmark_id: benchmark, limit: RUNS_LOOKED_AT };
  const { data } = await client.ask<{ data: JudgeRunObject[] }>('/api/evaluation/runs', { query });
  const run = data.find(({ status, mode }) => ['completed', 'imported'].includes(status) && mode !== 'pairwise');
  if (run !== undefined) return run.id;
  throw new AssayError('conflict', {
    what: `${benchmark} has no judge run that has ended and says which answers failed`,
    remedy: `Judge it first: assay judge ${benchmark}`,
  });
}

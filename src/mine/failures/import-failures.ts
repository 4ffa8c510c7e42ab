/** Takes judged answers that were made elsewhere in as failures: JSON Lines, all of them or none, each fault named with its line and field. */

import type { PoolClient } from 'pg';
import { plainText } from '../../compare/plain-data.ts';
import { judgedLine } from '../../contracts/analyses.ts';
import { readJsonl } from '../../datasets/jsonl-rows.ts';
import { AssayError } from '../../errors.ts';
import type { FoundFailure } from './gather-failures.ts';
import { insertFailures, type Owner } from './store-failures.ts';

/** What messages call the file, which came without a name, and lines written with one statement. */
const shownAs = 'judged answers';
const blockRows = 500;

export interface JudgedUpload {
  path: string;
  bytes: number;
  lineMaxBytes: number;
  /** Of 10: where a line says no `pass`, a score below it is a failure. */
  threshold: number;
  /** Failures that are taken at most. */
  maxFailures: number;
}

/** What was in the file. */
export interface Imported {
  judged: number;
  failures: number;
  models: string[];
}

/** @throws AssayError input_invalid (with line and field); then nothing is to be kept of the transaction */
export async function importFailures(q: PoolClient, owner: Owner, upload: JudgedUpload): Promise<Imported> {
  const models = new Set<string>();
  let [judged, failures] = [0, 0];
  let block: FoundFailure[] = [];
  const write = async () => {
    if (block.length > 0) await insertFailures(q, owner, { from: failures - block.length, found: block });
    block = [];
  };
  for await (const { line, values } of readJsonl(upload.path, {
    bytes: upload.bytes,
    maxLineBytes: upload.lineMaxBytes,
    shownAs,
  })) {
    const failure = failureIn(line!, values, upload.threshold);
    judged += 1;
    if (failure === null) continue;
    failures += 1;
    if (failures > upload.maxFailures)
      throw fault(line!, null, `is one failure more than the ${upload.maxFailures} that are taken`);
    models.add(failure.model_id);
    block.push(failure);
    if (block.length === blockRows) await write();
  }
  await write();
  if (judged === 0) throw fault(1, null, 'there is not a single judged answer in the file');
  return { judged, failures, models: [...models].sort() };
}

function fault(line: number, field: string | null, problem: string): AssayError {
  const values = { file: shownAs, line, problem: field === null ? problem : `${field}: ${problem}` };
  return new AssayError('input_invalid', values, { line, ...(field === null ? {} : { param: field }) });
}

/** The failure of a line; null for an answer that passed. */
function failureIn(line: number, values: Record<string, unknown>, threshold: number): FoundFailure | null {
  const parsed = judgedLine.safeParse(values);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw fault(line, issue.path.join('.') || null, issue.message);
  }
  const said = parsed.data;
  const passed = said.pass ?? (said.score == null ? null : said.score >= threshold);
  if (passed === null)
    throw fault(line, 'pass', 'is missing, and so is score; state whether the answer passed, or its score of 10');
  if (passed) return null;
  const reason = said.reasoning ?? null;
  if (reason === null && said.prompt === undefined)
    throw fault(line, 'reasoning', 'is missing, and so is prompt; failures are told apart by one of the two');
  const id = said.candidate_id ?? said.custom_id ?? (said.id === undefined ? `line-${line}` : String(said.id));
  const text = (value: string | null | undefined) => (value == null ? null : plainText(value));
  return {
    candidate_id: plainText(id),
    name: plainText(said.name ?? id),
    category: text(said.category),
    benchmark_id: null,
    model_id: plainText(said.model_id ?? 'unknown'),
    prompt: text(said.prompt) ?? '',
    answer: text(said.content),
    expected: text(said.expected),
    score: said.score ?? null,
    judge: text(said.judge),
    reason: text(reason),
    criteria: Object.entries(said.criteria ?? {}).flatMap(([name, score]) =>
      score < threshold ? plainText(name) : [],
    ),
  };
}

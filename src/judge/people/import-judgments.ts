/** Takes judgments made elsewhere in as a judge run: JSON Lines, all of them or none, each fault named with its line and field. */

import type { PoolClient } from 'pg';
import { plainText } from '../../compare/plain-data.ts';
import type { JudgeMode } from '../../contracts/judging.ts';
import { type ImportedJudgment, importedJudgment, type JudgmentImport } from '../../contracts/trust.ts';
import { readJsonl } from '../../datasets/jsonl-rows.ts';
import type { Database } from '../../db/database.ts';
import { AssayError } from '../../errors.ts';
import type { JudgeRunRow } from '../passes/judge-run-row.ts';
import { type LabelledPair, pairOfRuns, personName } from './labelled-pair.ts';
import { insertStandingRun, settle } from './people-run.ts';

/** A file of judgments that lies on the disk. */
export interface JudgmentUpload {
  asked: JudgmentImport;
  path: string;
  bytes: number;
  sha256: Buffer;
  lineMaxBytes: number;
}

/** What messages call the file, which came without a name. */
const shownAs = 'judgments';

/** Judgments written with one statement. */
const blockRows = 500;

/** A line of the file that is in order. */
interface Read {
  line: number;
  judge: string;
  said: ImportedJudgment;
}

/**
 * Gives the id of the judge run. The very same file, imported the same way again, gives the run there is. Held in memory
 * are {@link blockRows} lines, however many there are.
 * @throws AssayError not_found, conflict, input_invalid (with line and field)
 */
export async function importJudgments(db: Database, userId: string, upload: JudgmentUpload): Promise<string> {
  return db.asUser(userId, async (q) => {
    const pair = await pairOfRuns(q, upload.asked);
    const run = await importedRun(q, pair, upload);
    if (run.there) return run.row.judge_run_id;
    let block: Read[] = [];
    let first: string | null = null;
    for await (const row of readJsonl(upload.path, {
      bytes: upload.bytes,
      maxLineBytes: upload.lineMaxBytes,
      shownAs,
    })) {
      const read = readLine(row.line!, row.values, upload.asked);
      first ??= read.judge;
      if (upload.asked.judge_type !== 'human' && read.judge !== first) throw severalJudges(read, first);
      block.push(read);
      if (block.length < blockRows) continue;
      await write(q, run.row, { block, pair, type: upload.asked.judge_type });
      block = [];
    }
    if (first === null) throw fault(1, null, 'there is not a single judgment in the file');
    if (block.length > 0) await write(q, run.row, { block, pair, type: upload.asked.judge_type });
    await settle(q, run.row, null);
    return run.row.judge_run_id;
  });
}

/** A client that lost the answer sends the file again; that must not make a second run. */
async function importedRun(
  q: PoolClient,
  pair: LabelledPair,
  { asked, sha256 }: JudgmentUpload,
): Promise<{ row: JudgeRunRow; there: boolean }> {
  const { judge_type, judge = null, threshold } = asked;
  const beside = { content_hash: sha256.toString('hex'), judge_type, judge };
  await q.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`judgments/${pair.run_id}`]);
  const { rows } = await q.query<JudgeRunRow>(
    `select * from judge_runs where run_id = $1 and other_run_id is not distinct from $2 and source = 'import' and threshold = $3::real
       and settings @> $4::jsonb order by created_at limit 1`,
    [pair.run_id, pair.other_run_id, threshold, JSON.stringify(beside)],
  );
  if (rows[0] !== undefined) return { row: rows[0], there: true };
  const mode = modeOf(asked, pair);
  const row = await insertStandingRun(q, { pair, mode, source: 'import', status: 'imported', threshold, beside });
  return { row: row!, there: false };
}

function modeOf({ judge_type: type }: JudgmentImport, pair: LabelledPair): JudgeMode | 'human' {
  if (type === 'human') return 'human';
  if (pair.other_run_id !== null) return 'pairwise';
  return type === 'rule' ? 'rules' : type === 'metric' ? 'metrics' : 'single';
}

/** The reason stands behind the field, so that a line of a thousand can be mended without guessing. */
function fault(line: number, field: string | null, problem: string): AssayError {
  const values = { file: shownAs, line, problem: field === null ? problem : `${field}: ${problem}` };
  return new AssayError('input_invalid', values, { line, ...(field === null ? {} : { param: field }) });
}

function severalJudges({ line, judge }: Read, first: string): AssayError {
  return fault(line, 'judge', `is ${judge}, the lines before are by ${first}; import one judge with each file`);
}

function readLine(line: number, values: Record<string, unknown>, asked: JudgmentImport): Read {
  const parsed = importedJudgment.safeParse(values);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw fault(line, issue.path.join('.') || null, issue.message);
  }
  const said = parsed.data;
  const compares = asked.other_benchmark_id !== undefined;
  for (const field of ['score', 'pass'] as const) {
    if (compares && said[field] !== undefined)
      throw fault(line, field, 'says nothing of which of two answers is better; state preference');
  }
  if (!compares && said.preference !== undefined)
    throw fault(line, 'preference', 'needs the run to compare with (other_benchmark_id)');
  const judge = said.judge ?? asked.judge;
  if (judge === undefined) throw fault(line, 'judge', 'is missing, and no judge is named for all lines');
  return { line, judge: nameIn(line, judge), said };
}

function nameIn(line: number, judge: string): string {
  try {
    return personName('judge', judge);
  } catch (error) {
    throw fault(line, null, (error as Error).message.replace(/\.$/, ''));
  }
}

/** @throws AssayError input_invalid for an item that is not there or has no answer, and for one that a judge judged before */
async function write(
  q: PoolClient,
  run: JudgeRunRow,
  { block, pair, type }: { block: Read[]; pair: LabelledPair; type: JudgmentImport['judge_type'] },
): Promise<void> {
  const ordinals = await ordinalsOf(q, pair, block);
  const { rows } = await q.query<{ ordinal: number; judge: string }>(
    `insert into judgments (judge_run_id, ordinal, judge, part, user_id, run_id, judge_type, score, passed, preference, criteria,
       reasoning, confidence, error, sample)
     select $1, n.ordinal, n.judge, 'verdict', $2, $3, $4, n.score, n.passed, n.preference, n.criteria, n.reasoning, n.confidence,
       n.error, n.sample
     from unnest($5::int[], $6::text[], $7::real[], $8::boolean[], $9::text[], $10::jsonb[], $11::text[], $12::real[], $13::text[],
       $14::text[]) as n (ordinal, judge, score, passed, preference, criteria, reasoning, confidence, error, sample)
     on conflict do nothing returning ordinal, judge`,
    [run.judge_run_id, run.user_id, run.run_id, type, ordinals, block.map(({ judge }) => judge), ...columnsOf(block)],
  );
  if (rows.length === block.length) return;
  const written = new Set(rows.map(({ ordinal, judge }) => `${ordinal} ${judge}`));
  const twice = block.find(({ judge }, at) => !written.delete(`${ordinals[at]} ${judge}`))!;
  throw fault(twice.line, itemField(twice), `${itemOf(twice)} has a judgment by ${twice.judge} in an earlier line`);
}

const columnsOf = (block: Read[]): unknown[] => [
  block.map(({ said }) => said.score ?? null),
  block.map(({ said }) => said.pass ?? null),
  block.map(({ said }) => said.preference ?? null),
  block.map(({ said }) =>
    JSON.stringify(Object.fromEntries(Object.entries(said.criteria ?? {}).map(([name, n]) => [plainText(name), n]))),
  ),
  block.map(({ said }) => textOf(said.reasoning)),
  block.map(({ said }) => said.confidence ?? null),
  block.map(({ said }) => textOf(said.error)),
  block.map(({ said }) => said.sample ?? null),
];

const textOf = (text: string | undefined): string | null => (text === undefined ? null : plainText(text));
const itemField = ({ said }: Read) => (said.candidate_id === undefined ? 'ordinal' : 'candidate_id');
const itemOf = ({ said }: Read) => `item ${said.candidate_id ?? said.ordinal}`;

/** The place of the item of each line. */
async function ordinalsOf(q: PoolClient, pair: LabelledPair, block: Read[]): Promise<number[]> {
  const { rows } = await q.query<{ place: number; ordinal: number | null; answered: boolean }>(
    // Look-ups one by one, behind a fence: as joins, or without it, each block reads all items or answers there are.
    `with i as materialized (
       select n.place::int as place, coalesce((select x.ordinal from items x where x.version_id = $3 and x.item_id = n.item_id),
         (select y.ordinal from items y where y.version_id = $3 and y.ordinal = n.ordinal)) as ordinal
       from unnest($4::text[], $5::bigint[]) with ordinality as n (item_id, ordinal, place))
     select i.place, i.ordinal,
       (select a.ok from answers a where a.run_id = $1 and a.ordinal = i.ordinal) is not null and ($2::text is null
         or (select a.ok from answers a where a.run_id = $2 and a.ordinal = i.ordinal) is not null) as answered
     from i order by i.place`,
    [
      pair.run_id,
      pair.other_run_id,
      pair.version_id,
      block.map(({ said }) => said.candidate_id?.replaceAll('\0', '') ?? null),
      block.map(({ said }) => said.ordinal ?? null),
    ],
  );
  return rows.map(({ place, ordinal, answered }) => {
    const read = block[place - 1]!;
    if (ordinal === null)
      throw fault(read.line, itemField(read), `${itemOf(read)} is not in dataset ${pair.dataset_id}`);
    const runs = pair.other_run_id === null ? pair.run_id : `${pair.run_id} and ${pair.other_run_id}`;
    if (!answered) throw fault(read.line, itemField(read), `${itemOf(read)} has no answer in ${runs}`);
    return ordinal;
  });
}

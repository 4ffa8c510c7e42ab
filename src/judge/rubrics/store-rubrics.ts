/** Keeps rubrics by version: a changed one becomes the next version, and what was judged by an older one stays readable. */

import { randomBytes } from 'node:crypto';
import type { PoolClient } from 'pg';
import { type NewRubric, newRubric, type Rubric } from '../../contracts/judging.ts';
import { idText } from '../../datasets/version-items.ts';
import { AssayError } from '../../errors.ts';
import { builtInRubrics } from '../asking/default-rubric.ts';
import { compileRules } from '../rules/run-rules.ts';

interface Row {
  rubric_id: string;
  version: number;
  name: string;
  body: Omit<NewRubric, 'name'>;
  created_at: Date;
}

const toRubric = (row: Row): Rubric => ({
  ...newRubric.parse({ ...row.body, name: row.name }),
  id: row.rubric_id,
  version: row.version,
  built_in: false,
  created_at: Math.floor(row.created_at.getTime() / 1000),
});

const builtIn = (rubric: (typeof builtInRubrics)[number]): Rubric => ({ ...rubric, created_at: 0 });

/** Newest versions: the built-in ones first, then the user's own by name. */
export async function listRubrics(q: PoolClient): Promise<Rubric[]> {
  const { rows } = await q.query<Row>('select distinct on (rubric_id) * from rubrics order by rubric_id, version desc');
  const own = rows.map(toRubric).sort((a, b) => a.name.localeCompare(b.name));
  return [...builtInRubrics.map(builtIn), ...own];
}

/** The version asked for, or the newest. @throws AssayError not_found */
export async function findRubric(q: PoolClient, id: string, version?: number): Promise<Rubric> {
  const given = builtInRubrics.find((one) => one.id === id && (version === undefined || one.version === version));
  if (given !== undefined) return builtIn(given);
  const { rows } = await q.query<Row>(
    `select * from rubrics where rubric_id = $1 and ($2::int is null or version = $2) order by version desc limit 1`,
    [idText(id), version ?? null],
  );
  if (rows[0] !== undefined) return toRubric(rows[0]);
  const named = version === undefined ? id : `${id}, version ${version}`;
  throw new AssayError(
    'not_found',
    { kind: 'rubric', id: named, list: '/api/evaluation/rubrics' },
    { param: 'rubric_id' },
  );
}

/**
 * A new rubric, or with `id` the next version of one; the same content again makes none.
 * @throws AssayError not_found, conflict for a built-in one, invalid_parameter for a rule that cannot be used
 */
export async function keepRubric(
  q: PoolClient,
  userId: string,
  { id, ...rubric }: NewRubric & { id?: string | undefined },
): Promise<Rubric> {
  compileRules(rubric.rules);
  const { name, ...body } = rubric;
  if (id !== undefined && builtInRubrics.some((one) => one.id === id)) {
    const what = `Rubric ${id} comes with Assay and cannot be changed`;
    throw new AssayError('conflict', {
      what,
      remedy: 'Keep it under a name of your own with POST /api/evaluation/rubrics.',
    });
  }
  const last = id === undefined ? null : await findRubric(q, id);
  if (last !== null && sameContent(last, rubric)) return last;
  const { rows } = await q.query<Row>(
    'insert into rubrics (rubric_id, version, user_id, name, body) values ($1, $2, $3, $4, $5) returning *',
    [id ?? `rb_${randomBytes(9).toString('hex')}`, (last?.version ?? 0) + 1, userId, name, JSON.stringify(body)],
  );
  return toRubric(rows[0]!);
}

const sameContent = (
  { id: _id, version: _version, built_in: _built, created_at: _at, ...content }: Rubric,
  next: NewRubric,
) => JSON.stringify(newRubric.parse(content)) === JSON.stringify(newRubric.parse(next));

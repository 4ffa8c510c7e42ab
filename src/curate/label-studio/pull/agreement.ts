/** Tells how far the annotators of a project agree on its answers, and how much each of them has done. */

import type { PoolClient } from 'pg';
import { krippendorffAlpha } from '../../../compare/agreement.ts';
import type { LabelProject } from '../../../contracts/label-studio.ts';

/** The newest verdict of each annotator on each answer, by the verdicts that answers got; one pattern a row. */
const patterns = `
  with verdicts as (
    select distinct on (a.item_id, s.key, a.annotator) a.item_id, s.key as model_id, s.value ->> 'kind' as kind
    from label_studio_annotations a cross join jsonb_each(a.said) s
    where a.project_id = $1 and a.deleted_at is null and not a.skipped and s.value ->> 'kind' is not null
    order by a.item_id, s.key, a.annotator, a.changed_at desc, a.remote_id desc
  ), answers as (
    select array_agg(kind order by kind) as kinds from verdicts group by item_id, model_id having count(*) > 1
  )
  select kinds, count(*)::int as n from answers group by kinds order by kinds`;

/** `answers` are those with verdicts of two annotators or more, `same` those of them on which all say the same. */
export async function verdictAgreement(q: PoolClient, projectId: string): Promise<LabelProject['agreement']> {
  const { rows } = await q.query<{ kinds: string[]; n: number }>(patterns, [projectId]);
  const values = [...new Set(rows.flatMap((row) => row.kinds))];
  const counts = rows.map((row) => row.n);
  const alpha = krippendorffAlpha({
    values,
    rows: rows.map((row) => row.kinds.map((kind) => values.indexOf(kind))),
    counts,
  });
  const sum = (of: typeof rows) => of.reduce((total, row) => total + row.n, 0);
  const same = sum(rows.filter((row) => new Set(row.kinds).size === 1));
  return { alpha: alpha(counts), answers: sum(rows), same };
}

/** Those with the most annotations first; what was passed over or deleted there does not count. */
export async function annotatorsOf(q: PoolClient, projectId: string): Promise<LabelProject['annotators']> {
  const { rows } = await q.query<LabelProject['annotators'][number]>(
    `select annotator as name, count(*)::int as annotations from label_studio_annotations
     where project_id = $1 and deleted_at is null and not skipped group by annotator order by 2 desc, 1`,
    [projectId],
  );
  return rows;
}

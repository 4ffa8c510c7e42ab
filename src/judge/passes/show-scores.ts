/** Shows the scores of a judge run in the grid, beside the answers they are of. */

import { refreshItems } from '../../compare/refresh.ts';
import { takeTurn, tellLive } from '../../compare/turn.ts';
import type { Database } from '../../db/database.ts';
import { countingJudge, type JudgeRunRow } from './judge-run-row.ts';

/** Answers of one transaction, since landings wait for it. */
const answersAtOnce = 500;

/** The verdicts of the judge that counts: $1 the judge run, $2 the judge, $3 the run, $4 ordinals. */
const verdicts = `judgments j where j.judge_run_id = $1 and j.judge = $2 and j.part = 'verdict' and j.score is not null
  and a.run_id = $3 and a.ordinal = any ($4::int[]) and j.ordinal = a.ordinal`;

/** Puts the scores under the judge's name; of several judge runs by one judge the newest verdict stands. */
const put = `update answers a set seq = nextval('workbench_seq'),
    scores = coalesce(a.scores, '{}') || jsonb_build_object($2::text, round(j.score::numeric, 2))
  from ${verdicts} and (a.scores ->> $2)::numeric is distinct from round(j.score::numeric, 2) returning a.ordinal`;

/** Takes away the scores that are this judge run's. */
const take = `update answers a set seq = nextval('workbench_seq'), scores = nullif(a.scores - $2, '{}')
  from ${verdicts} and (a.scores ->> $2)::numeric = round(j.score::numeric, 2) returning a.ordinal`;

/** Brings the scores of answers up to date with their verdicts; `take`: removes them instead. */
export async function showScores(
  db: Database,
  run: JudgeRunRow,
  on: { ordinals: number[]; remove?: boolean },
): Promise<void> {
  const version = { userId: run.user_id, datasetId: run.dataset_id, versionId: run.version_id };
  for (let from = 0; from < on.ordinals.length; from += answersAtOnce) {
    const ordinals = on.ordinals.slice(from, from + answersAtOnce);
    await db.asUser(run.user_id, async (q) => {
      await takeTurn(q);
      const { rows } = await q.query<{ ordinal: number }>(on.remove ? take : put, [
        run.judge_run_id,
        countingJudge(run),
        run.run_id,
        ordinals,
      ]);
      if (rows.length === 0) return;
      await refreshItems(
        q,
        version,
        rows.map((row) => row.ordinal),
      );
      await tellLive(q);
    });
  }
}

/** The ordinals of all answers that a judge run has scored. */
export async function scoredOrdinals(db: Database, run: JudgeRunRow): Promise<number[]> {
  const { rows } = await db.asUser(run.user_id, (q) =>
    q.query<{ ordinal: number }>(
      `select ordinal from judgments where judge_run_id = $1 and judge = $2 and part = 'verdict' and score is not null order by ordinal`,
      [run.judge_run_id, countingJudge(run)],
    ),
  );
  return rows.map((row) => row.ordinal);
}

/** Answers the figures beside the grid: what each model decided, how its answers parse, how long they took and are. */

import type { PoolClient } from 'pg';
import type { GridFilter, Stats } from '../contracts/workbench.ts';
import type { Database } from '../db/database.ts';
import { type Chosen, chosenBy, chosenStates } from './chosen.ts';
import { howCompared } from './comparison.ts';
import { type CountedItems, countedDecisions } from './counted-decisions.ts';
import { runFigures } from './run-figures.ts';
import { sampleFields } from './sample-fields.ts';
import { spellings } from './spellings.ts';

/** Decisions of a model and fields that are listed, the most frequent ones. */
const listed = 50;
/** Items whose fields are counted; of more, a sample. */
const sampledItems = 2000;

/** Throws not_found for the dataset, invalid_parameter for an unknown model. */
export async function gridStats(db: Database, userId: string, filter: GridFilter): Promise<Stats> {
  return db.asUser(userId, async (q) => {
    const chosen = await chosenBy(q, userId, filter);
    const how = howCompared(chosen.version.comparing);
    const figures = await runFigures(q, chosen);
    const decided = await countedDecisions(q, chosen, false);
    const sample = await sampleFields(q, chosen, sampledItems);
    return {
      decision_path: how.decisionPath,
      fields: sample.fields.slice(0, listed).map(({ path, seen, values }) => ({
        path,
        seen: Math.round(seen / sample.share),
        values,
      })),
      models: chosen.runs.map((run, at) => {
        const figure = figures.get(run.runId)!;
        return {
          model_id: run.modelId,
          run_id: run.runId,
          ...figure,
          decisions: distribution(decided, at),
        };
      }),
      confusion: confusionOf(chosen, decided),
      annotations: await annotationCounts(q, chosen, filter),
    };
  });
}

/** Spelled as most are; null counts answers without a decision, failed ones among them. */
function distribution(decided: CountedItems[], at: number): Stats['models'][number]['decisions'] {
  const counted = spellings(decided.map(({ values, count }) => [values[at] ?? null, count]));
  const counts = [...counted.counts].map(([value, count]) => ({ value: value === '' ? null : value, count }));
  return counts.sort((a, b) => b.count - a.count).slice(0, listed);
}

/** Of the first two models, over the items that both answered. */
function confusionOf({ runs }: Chosen, decided: CountedItems[]): Stats['confusion'] {
  const [a, b] = runs;
  if (a === undefined || b === undefined) return null;
  const both = decided.filter(({ values }) => values[0] !== null && values[1] !== null);
  const { spelled } = spellings(
    both.flatMap(({ values, count }) => [
      [values[0]!, count],
      [values[1]!, count],
    ]),
  );
  const cells = new Map<string, { a: string | null; b: string | null; count: number }>();
  for (const { values, count } of both) {
    const [left, right] = [spelled(values[0]!), spelled(values[1]!)];
    const key = `${left}\n${right}`;
    const known = cells.get(key);
    if (known === undefined) cells.set(key, { a: left || null, b: right || null, count });
    else known.count += count;
  }
  const most = [...cells.values()].sort((x, y) => y.count - x.count).slice(0, listed * 4);
  return { a: a.modelId, b: b.modelId, cells: most };
}

async function annotationCounts(q: PoolClient, chosen: Chosen, filter: GridFilter): Promise<Stats['annotations']> {
  const values = chosen.condition === 'true' ? [] : [...chosen.values];
  const parts = [`n.dataset_id = $${values.push(chosen.version.datasetId)}`];
  if (filter.models.length > 0) parts.push(`n.model_id = any ($${values.push(filter.models)}::text[])`);
  if (chosen.condition !== 'true') parts.push(`n.item_id in (select i.item_id from ${chosenStates(chosen)})`);
  const { rows } = await q.query<Stats['annotations']>(
    `select count(*) filter (where n.kind = 'golden')::int as golden, count(*) filter (where n.kind = 'fix')::int as fix,
       count(*) filter (where n.kind = 'wrong')::int as wrong
     from annotations n where ${parts.join(' and ')}`,
    values,
  );
  return rows[0]!;
}

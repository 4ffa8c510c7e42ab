/** The answers that bench/browser.ts shows, and how they land. */

import { landAnswers } from '../src/compare/land-answers.ts';
import type { Database } from '../src/db/database.ts';
import type { LandingAnswer } from '../src/runs/deps.ts';
import { runId, seedWorkbench, version } from './workbench-seed.ts';

/** As bench/grid.ts names them, so that a folder filled there can be used here. */
export const modelName = (m: number): string => `model-${m + 1}`;

const words = 'revenue growth founder market hiring engineer product launch customer series round risk team'.split(' ');

/** An answer of some hundred characters as JSON; one of a hundred failed. `number` is read again from the page. */
export function answer(ordinal: number, m: number, number: number): LandingAnswer {
  const pick = (n: number, of: number) => (Math.imul(ordinal * 17 + m * 7919 + n, 0x9e3779b1) >>> 8) % of;
  const ok = pick(1, 100) !== 0 || number > 0;
  const fields = {
    recommendation: ['Strong Yes', 'Yes', 'Maybe', 'No'][pick(2, 3) > 0 ? ordinal % 4 : pick(3, 4)],
    trajectory: ['up', 'flat', 'down'][pick(4, 10) > 0 ? ordinal % 3 : pick(5, 3)],
    pedigree: ordinal % 10,
    reasoning: `answer ${number} ${Array.from({ length: 60 }, (_, i) => words[pick(i + 6, words.length)]).join(' ')}`,
  };
  return {
    ordinal,
    ok,
    errorCode: ok ? null : 'engine_error',
    content: ok ? JSON.stringify(fields) : null,
    finishReason: ok ? 'stop' : null,
    promptTokens: 300,
    completionTokens: 80 + pick(7, 100),
    cachedTokens: 200,
    latencyMs: 200 + pick(8, 5000),
    firstTokenMs: 40,
    scores: null,
  };
}

/** Lands answers of model number `m`; gives the time right before its commit, in ms since 1970. */
export const land = (db: Database, m: number, rows: LandingAnswer[]): Promise<number> =>
  db.asUser('local', async (q) => {
    await landAnswers(q, { ...version, runId: runId(m), modelId: modelName(m) }, rows);
    return Date.now();
  });

/** Fills a database with items that every model has answered, unless it is filled already. */
export async function fill(db: Database, { items, models }: { items: number; models: number }): Promise<void> {
  const done = await db.asUser('local', async (q) => (await q.query('select from datasets')).rowCount);
  if (done === 1) return;
  await seedModels(db, { items, models });
  for (let m = 0; m < models; m++) {
    for (let from = 0; from < items; from += 1000) {
      const count = Math.min(1000, items - from);
      const block = Array.from({ length: count }, (_, i) => answer(from + i, m, 0));
      await land(db, m, block);
    }
    console.log(`filled ${modelName(m)}`);
  }
}

/** The dataset with runs that have no answers yet. */
export const seedModels = (db: Database, { items, models }: { items: number; models: number }): Promise<void> =>
  seedWorkbench(
    db,
    items,
    Array.from({ length: models }, (_, m) => modelName(m)),
  );

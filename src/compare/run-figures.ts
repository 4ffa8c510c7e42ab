/** Counts the answers of runs: how many, failed, how they parse, and histograms of latency and tokens. */

import type { PoolClient } from 'pg';
import type { Stats } from '../contracts/workbench.ts';
import { type Chosen, chosenAnswers } from './chosen.ts';

type Bars = Stats['models'][number]['latency'];

export interface RunFigures {
  answers: number;
  failed: number;
  parse: Record<'json' | 'repaired' | 'text' | 'none', number>;
  latency: Bars;
  tokens: Bars;
}

interface Group {
  run_id: string;
  ok: boolean;
  parse: keyof RunFigures['parse'];
  latency: number | null;
  tokens: number | null;
  count: number;
}

/** Upper edges double: place k holds values above 2^(k-1) up to 2^k. */
const edges = `array[${Array.from({ length: 31 }, (_, k) => 2 ** k).join(',')}]`;
const placeOf = (column: string) => `case when ${column} is not null then width_bucket(${column} - 1, ${edges}) end`;

/** By run id. All of it stands in the primary key's index. */
export async function runFigures(q: PoolClient, chosen: Chosen): Promise<Map<string, RunFigures>> {
  const values: unknown[] = chosen.condition === 'true' ? [] : [...chosen.values];
  const { rows } = await q.query<Group>(
    `select a.run_id, a.ok, a.parse, ${placeOf('a.latency_ms')} as latency, ${placeOf('a.completion_tokens')} as tokens,
       count(*)::int as count
     from answers a where ${chosenAnswers(chosen, values)} group by 1, 2, 3, 4, 5`,
    values,
  );
  return new Map(chosen.runs.map(({ runId }) => [runId, figuresOf(rows.filter((row) => row.run_id === runId))]));
}

function figuresOf(groups: Group[]): RunFigures {
  const ok = groups.filter((group) => group.ok);
  const sum = (some: Group[]) => some.reduce((all, group) => all + group.count, 0);
  const parsed = (parse: Group['parse']) => sum(ok.filter((group) => group.parse === parse));
  return {
    answers: sum(groups),
    failed: sum(groups) - sum(ok),
    parse: { json: parsed('json'), repaired: parsed('repaired'), text: parsed('text'), none: parsed('none') },
    latency: barsOf(ok.map((group) => [group.latency, group.count])),
    tokens: barsOf(ok.map((group) => [group.tokens, group.count])),
  };
}

/** From the first place that holds anything to the last, empty ones between them too. */
function barsOf(counted: [place: number | null, count: number][]): Bars {
  const counts: number[] = [];
  for (const [place, count] of counted) if (place !== null) counts[place] = (counts[place] ?? 0) + count;
  const first = counts.findIndex((count) => count !== undefined);
  return Array.from(counts, (count, place) => ({ upto: 2 ** place, count: count ?? 0 })).slice(Math.max(0, first));
}

/** The step "label": gives each cluster a name and tests it. */

import { createHash } from 'node:crypto';
import type { Pattern } from '../../contracts/mining.ts';
import { foundOf } from '../analyses/read-analyses.ts';
import { failuresAt, membersOf } from '../failures/store-failures.ts';
import { labelPatterns } from '../patterns/label-patterns.ts';
import type { AtStep, Begun, Step } from './step.ts';

export const labelStep: Step = {
  name: 'label',
  wanted: () => true,
  inputs: async (at) => [await clustersHash(at), at.analysis.settings.label],
  async run(begun) {
    const { deps, analysis, hands } = begun;
    const { user_id: userId, analysis_id: id } = analysis;
    const { clusters, members } = await deps.db.asUser(userId, async (q) => ({
      clusters: (await foundOf(q, id)).map(({ cluster }) => cluster),
      members: await membersOf(q, id),
    }));
    const patterns = await labelPatterns(
      {
        clusters,
        failures: (ordinals) => deps.db.asUser(userId, (q) => failuresAt(q, id, ordinals)),
        membersOf: (cluster) => members.get(cluster) ?? [],
        options: analysis.settings.label,
        modelOf: (name) => deps.models.find(userId, name),
        thinkingTokens: deps.limits.asking.thinking_tokens,
      },
      hands,
    );
    await keep(begun, patterns);
    return { counts: countsOf(patterns), note: noteOf(patterns, analysis.settings.label.model) };
  },
};

/** What the clusters and their members are now. */
async function clustersHash({ deps, analysis }: AtStep): Promise<string> {
  const { rows } = await deps.db.asUser(analysis.user_id, (q) =>
    q.query<{ hash: string | null }>(
      `select md5(string_agg(md5(concat_ws('|', ordinal, cluster, item_id, reason, prompt)), '' order by ordinal)) as hash
       from analysis_failures where analysis_id = $1`,
      [analysis.analysis_id],
    ),
  );
  const found = await deps.db.asUser(analysis.user_id, (q) => foundOf(q, analysis.analysis_id));
  const terms = found.map(({ cluster }) => [cluster.cluster, cluster.terms.map(({ term }) => term)]);
  return createHash('sha256')
    .update(JSON.stringify([rows[0]!.hash, terms]))
    .digest('hex');
}

function countsOf(patterns: Pattern[]): Record<string, number> {
  const named = patterns.filter(({ titled_by: by }) => by === 'model').length;
  return { patterns: patterns.length, named, tested: patterns.filter(({ test }) => test !== null).length };
}

function noteOf(patterns: Pattern[], model: string | null): string | null {
  if (model === null) return 'no model was asked: terms serve as titles';
  const unsure = patterns.filter(({ note }) => note !== null).length;
  return unsure === 0 ? null : `${unsure} of ${patterns.length} names come with a note`;
}

async function keep({ deps, analysis }: Begun, patterns: Pattern[]): Promise<void> {
  await deps.db.asUser(analysis.user_id, async (q) => {
    await q.query('delete from patterns where analysis_id = $1', [analysis.analysis_id]);
    await q.query(
      `insert into patterns (analysis_id, cluster, user_id, body)
       select $1, (body->>'cluster')::int, $2, body from unnest($3::jsonb[]) as body`,
      [analysis.analysis_id, analysis.user_id, patterns.map((pattern) => JSON.stringify(pattern))],
    );
  });
}

/** The trust panel of a judge run: its verdicts against people's labels, people among themselves, the corrected rate, biases. */

import type { PoolClient } from 'pg';
import type { AgreementObject, TrustPanel, TrustQuery } from '../../contracts/trust.ts';
import { type AgreementFigures, judgeAgreement, type LabelledRow } from './agreement.ts';
import { type TrustAsked, trustAsked } from './panel-asked.ts';
import { biasesOf } from './panel-biases.ts';
import { correctedRate } from './panel-corrected.ts';
import type { Labels } from './panel-labels.ts';
import { peopleAmongThemselves } from './panel-people.ts';
import { type JudgeVerdict, labelBy, verdictsOf } from './panel-verdicts.ts';

/** Groups that have figures of their own, the largest: each takes a bootstrap. */
const mostGroups = 50;

/** @throws AssayError not_found, invalid_parameter */
export async function trustPanelOf(q: PoolClient, id: string, query: TrustQuery): Promise<TrustPanel> {
  const asked = await trustAsked(q, id, query);
  const { run, judges, judge, threshold, labels } = asked;
  const verdicts = await verdictsOf(q, run, judge);
  const pairs = run.other_run_id !== null;
  const { groups, ...agreement } = agreementOf(verdicts, labels, { threshold, pairs });
  return {
    judge_run_id: run.judge_run_id,
    judge,
    judges,
    threshold,
    labels: {
      n: labels.majority.size,
      without_majority: labels.withoutMajority,
      audit: [...labels.audit].filter((ordinal) => labels.majority.has(ordinal)).length,
      people: labels.people,
      sources: labels.sources,
    },
    agreement: { ...agreement, verdict: saidOfUndecided(agreement.verdict, verdicts, labels) },
    categories: groups,
    rubric_versions: await byRubricVersion(q, asked),
    people: peopleAmongThemselves(labels),
    ...correctedRate(verdicts, labels, threshold),
    biases: await biasesOf(q, asked, verdicts),
  };
}

type Grouped = AgreementObject & { groups: TrustPanel['categories'] };

/** Of the answers that both have seen; `group`: what the figures are wanted by as well, the category unless it is said. */
function agreementOf(
  verdicts: (JudgeVerdict & { group?: string | null })[],
  labels: Labels,
  { threshold, pairs }: { threshold: number; pairs: boolean },
): Grouped {
  const rows: LabelledRow[] = verdicts.flatMap((verdict) => {
    const human = labels.majority.get(verdict.ordinal);
    if (human === undefined) return [];
    const group = verdict.group === undefined ? verdict.category : verdict.group;
    return [{ id: String(verdict.ordinal), human, judge: labelBy(verdict, threshold), group }];
  });
  const large = largestGroups(rows);
  const shown = rows.map((row) => (large.has(row.group ?? '') ? row : { ...row, group: null }));
  const { groups, ...whole } = judgeAgreement(shown, pairs ? {} : { positive: 'pass' });
  return { ...toObject(whole), groups: groups.map(({ group, ...figures }) => ({ ...toObject(figures), group })) };
}

function largestGroups(rows: LabelledRow[]): Set<string> {
  const counts = new Map<string, number>();
  for (const { group } of rows) if (group) counts.set(group, (counts.get(group) ?? 0) + 1);
  return new Set(
    [...counts]
      .sort((a, b) => b[1] - a[1])
      .slice(0, mostGroups)
      .map(([group]) => group),
  );
}

function toObject(figures: AgreementFigures): AgreementObject {
  return {
    n: figures.n,
    unusable: figures.unusable.length,
    confusion: figures.confusion.map(({ human, judge, ids }) => ({ human, judge, n: ids.length })),
    true_positive_rate: figures.truePositiveRate,
    true_negative_rate: figures.trueNegativeRate,
    accuracy: figures.accuracy,
    kappa: figures.kappa,
    kappa_ci: figures.kappaInterval,
    labels: figures.labels,
    verdict: figures.verdict,
  };
}

/** What stands behind the ties of a judge that was asked in both orders. */
function saidOfUndecided(
  verdict: AgreementObject['verdict'],
  verdicts: JudgeVerdict[],
  labels: Labels,
): AgreementObject['verdict'] {
  const n = verdicts.filter(
    ({ ordinal, preference }) => preference === 'undecided' && labels.majority.has(ordinal),
  ).length;
  if (n === 0) return verdict;
  const words = `${n} verdict${n === 1 ? '' : 's'} that changed with the order of the answers count${n === 1 ? 's' : ''} as ${n === 1 ? 'a tie' : 'ties'}.`;
  return { ...verdict, words: `${verdict.words} ${words}` };
}

/** The verdicts of this judge and rubric on the same answers, each version's newest one; those of this very run before others. */
async function byRubricVersion(
  q: PoolClient,
  { run, judge, threshold, labels }: TrustAsked,
): Promise<TrustPanel['rubric_versions']> {
  if (run.rubric_id === null || labels.majority.size === 0) return [];
  const { rows } = await q.query<JudgeVerdict & { group: string }>(
    `select distinct on (j.rubric_version, j.ordinal) j.rubric_version::text as "group", j.ordinal, j.score, j.passed, j.preference,
       null as category, true as there
     from judge_runs r join judgments j using (judge_run_id)
     where r.run_id = $1 and r.other_run_id is not distinct from $2 and r.rubric_id = $3 and j.judge = $4 and j.part = 'verdict'
       and (j.judge <> 'panel' or r.judges = $5) and j.ordinal = any ($6::int[]) and j.rubric_version is not null
     order by j.rubric_version, j.ordinal, (r.judge_run_id = $7) desc, r.created_at desc`,
    [run.run_id, run.other_run_id, run.rubric_id, judge, run.judges, [...labels.majority.keys()], run.judge_run_id],
  );
  const { groups } = agreementOf(rows, labels, { threshold, pairs: run.other_run_id !== null });
  return groups.sort((a, b) => Number(a.group) - Number(b.group));
}

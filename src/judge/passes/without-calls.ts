/** Judges answers without a model: by rules, and by how similar they are to the expected answers. */

import { findJson } from '../../compare/find-json.ts';
import { compileRules, type RuleOutcome } from '../rules/run-rules.ts';
import { metricFor, thresholdOf } from '../similarity/by-category.ts';
import type { Embed } from '../similarity/cosine.ts';
import { openSimilarity } from '../similarity/open-similarity.ts';
import type { JudgeRunRow } from './judge-run-row.ts';
import type { JudgedAnswer } from './judged-answers.ts';
import { blankJudgment, type NewJudgment } from './keep-judgments.ts';

/** Most rules' words that one judgment keeps. */
const reasonsKept = 5;

/** Rules of a judge run, ready; gives a judgment of each answer that has a content. */
export function openRules(run: JudgeRunRow): (answer: JudgedAnswer) => NewJudgment & { spares: boolean } {
  const judge = compileRules(run.settings.rules);
  return (answer) => {
    const content = answer.content ?? '';
    const outcome = judge({
      content,
      finishReason: answer.finishReason,
      json: findJson(content, null)?.value,
      item: { input: answer.input, expected: answer.expected },
    });
    return {
      ...blankJudgment(answer.ordinal, 'rules', 'rule'),
      score: outcome.score,
      passed: outcome.pass,
      criteria: scoresOf(outcome),
      reasoning: reasonsOf(outcome),
      spares: outcome.spareLlm,
    };
  };
}

/** Of each rule that applies 10 when it passed, else 0; rules of one name are told apart by number. */
function scoresOf({ results }: RuleOutcome): Record<string, number> {
  const scores: Record<string, number> = {};
  for (const { name, pass, applies } of results) {
    if (!applies) continue;
    let key = name;
    for (let number = 2; Object.hasOwn(scores, key); number++) key = `${name} ${number}`;
    scores[key] = pass ? 10 : 0;
  }
  return scores;
}

function reasonsOf({ results }: RuleOutcome): string | null {
  const failed = results.filter(({ pass }) => !pass);
  const shown = failed.slice(0, reasonsKept).map(({ name, reason }) => `${name}: ${reason}`);
  if (failed.length > reasonsKept) shown.push(`and ${failed.length - reasonsKept} more`);
  return shown.length === 0 ? null : shown.join('\n');
}

/** Verdicts by similarity; an answer whose item expects nothing has none, with the error no_reference. */
export async function judgeBySimilarity(
  run: JudgeRunRow,
  answers: JudgedAnswer[],
  embed?: Embed,
): Promise<NewJudgment[]> {
  const chosen = answers.map((answer) => ({ answer, ...choose(run, answer, embed !== undefined) }));
  const judgments: NewJudgment[] = [];
  for (const [key, group] of Map.groupBy(chosen, ({ metric, threshold }) => `${metric} ${threshold}`)) {
    const { metric, threshold } = group[0]!;
    const known = group.filter(({ answer }) => answer.expected !== null);
    const pairs = known.map(({ answer }) => ({ answer: answer.content ?? '', expected: answer.expected! }));
    const outcomes = await openSimilarity(metric, { threshold, ...(embed ? { embed } : {}) }).of(pairs);
    for (const [at, { answer }] of known.entries()) {
      const outcome = outcomes[at]!;
      judgments.push({
        ...blankJudgment(answer.ordinal, 'metrics', 'metric'),
        score: outcome.score,
        passed: outcome.pass,
        criteria: { [outcome.metric]: outcome.score },
        reasoning: outcome.note,
      });
    }
    for (const { answer } of group) {
      if (answer.expected !== null) continue;
      const errorDetail = `the item has no expected answer to compare with (${key.split(' ')[0]})`;
      judgments.push({ ...blankJudgment(answer.ordinal, 'metrics', 'metric'), error: 'no_reference', errorDetail });
    }
  }
  return judgments;
}

function choose(run: JudgeRunRow, answer: JudgedAnswer, embeddings: boolean) {
  const { metric, metric_threshold: threshold, similarity: table } = run.settings;
  if (metric !== null) return { metric, threshold: threshold ?? thresholdOf(metric, table) };
  const found = metricFor(answer.category, { embeddings, ...(table === undefined ? {} : { table }) });
  return threshold === null ? found : { ...found, threshold };
}

/** Chooses an example library for in-context learning: strong positives, strong negatives, and edge cases explained. */

import type { PoolClient } from 'pg';
import { comparisonOf } from '../compare/comparison.ts';
import { currentRuns } from '../compare/grid-models.ts';
import { type Reading, readAnswer } from '../compare/read-answer.ts';
import type { ExampleLibrary, ExampleRequest } from '../contracts/curation.ts';
import { newestVersion } from '../datasets/version-items.ts';
import type { Database } from '../db/database.ts';
import { checkText } from './annotation-row.ts';
import { chooseDiverse } from './diverse.ts';
import { type Entry, type EntryAnswer, readEntries } from './entries.ts';
import { cutText, exampleBlock, exampleText } from './example-block.ts';
import { agreedDecisions, agreeing, disagreeing, type Field } from './example-candidates.ts';
import { type AgreedDecision, guessDecision } from './example-decisions.ts';

type Example = ExampleLibrary['examples'][number];
type Group = Example['group'];

/** `inputChars` are characters of an input (and of an answer) that an example keeps. */
export interface ExampleOptions {
  inputChars: number;
}

/**
 * The same request over the same answers gives the same library. Throws not_found, and invalid_parameter for a model
 * of the filter that has no run.
 */
export async function exampleLibrary(
  deps: ExampleOptions & { db: Database },
  userId: string,
  request: ExampleRequest,
): Promise<ExampleLibrary> {
  checkText('positive', request.positive);
  checkText('negative', request.negative);
  const { filter, seed } = request;
  return deps.db.asUser(userId, async (q) => {
    const { versionId, datasetId } = await newestVersion(q, userId, filter.dataset_id);
    await currentRuns(q, versionId, filter.models);
    const field = { versionId, filter, seed };
    const agreed = await agreedDecisions(q, field);
    const notes: string[] = [];
    const chosen = [
      ...(await strong(q, { field, agreed, notes, group: 'positive' }, request)),
      ...(await strong(q, { field, agreed, notes, group: 'negative' }, request)),
      ...(await edges(q, { field, notes }, request.edges)),
    ];
    const ordinals = [...new Set(chosen.map(({ ordinal }) => ordinal))];
    const entries = await readEntries(q, { versionId, datasetId, filter, kinds: null }, ordinals);
    const byOrdinal = new Map(entries.map((entry) => [entry.ordinal, entry]));
    const how = await comparisonOf(q, datasetId);
    const examples = chosen.map(({ ordinal, group }) =>
      exampleOf(byOrdinal.get(ordinal)!, group, { how, chars: deps.inputChars }),
    );
    return { examples, block: exampleBlock(examples), notes };
  });
}

interface Picked {
  ordinal: number;
  group: Group;
}

async function strong(
  q: PoolClient,
  on: { field: Field; agreed: AgreedDecision[]; notes: string[]; group: 'positive' | 'negative' },
  request: ExampleRequest,
): Promise<Picked[]> {
  const { field, agreed, notes, group } = on;
  const wanted = group === 'positive' ? request.positives : request.negatives;
  if (wanted === 0) return [];
  const decision = request[group] ?? guessDecision(group, agreed, wanted);
  if (decision === null) {
    const there = agreed.slice(0, 10).map(({ value, items }) => `${value} (${items})`);
    notes.push(
      `No decision that all models agree on reads as ${group}; name one with "${group}". ` +
        `They agree on: ${there.join(', ') || 'nothing'}.`,
    );
    return [];
  }
  const candidates = await agreeing(q, field, decision);
  const places = chooseDiverse(candidates, wanted);
  if (places.length < wanted) {
    const alike = candidates.length > places.length ? ' with different inputs' : '';
    notes.push(
      `Only ${places.length} of ${wanted} ${group} examples: items${alike} on which all models say ${decision}.`,
    );
  }
  return places.map((place) => ({ ordinal: candidates[place]!.ordinal, group }));
}

async function edges(
  q: PoolClient,
  { field, notes }: { field: Field; notes: string[] },
  wanted: number,
): Promise<Picked[]> {
  if (wanted === 0) return [];
  const candidates = await disagreeing(q, field, wanted);
  const places = chooseDiverse(candidates, wanted);
  if (places.length < wanted)
    notes.push(`Only ${places.length} of ${wanted} edge cases: items on which models disagree.`);
  return places.map((place) => ({ ordinal: candidates[place]!.ordinal, group: 'edge' }));
}

function exampleOf(entry: Entry, group: Group, { how, chars }: { how: Reading; chars: number }): Example {
  const { itemId, name, answers } = entry;
  const { answer, why } = answerOf(entry);
  const text = textOf(answer);
  const { input } = answer ?? entry;
  return {
    candidate_id: itemId,
    name,
    group,
    input: cutText(exampleText(input), chars),
    answer: cutText(text, chars),
    decision: answer?.said?.kind === 'fix' ? readAnswer(text, how).decision : (answer?.decision ?? null),
    explanation: group === 'edge' ? `${saysOf(answers)} ${why}` : null,
  };
}

/** The answer an example shows, mended, golden, right or else that of most models; and why it is that one. */
function answerOf({ answers, truth }: Entry): { answer: EntryAnswer | null; why: string } {
  const fixed = answers.find(({ said }) => said?.kind === 'fix');
  if (fixed) {
    return { answer: fixed, why: `The answer is that of ${fixed.modelId}, mended by ${fixed.said!.annotator}.` };
  }
  const golden = answers.find(({ said }) => said?.kind === 'golden');
  if (golden) {
    return {
      answer: golden,
      why: `The answer is that of ${golden.modelId}, marked golden by ${golden.said!.annotator}.`,
    };
  }
  const shown = answers.filter(({ current, ok, said }) => current && ok && said === null);
  const right = shown.find(({ correct }) => correct === true);
  if (right) return { answer: right, why: `The expected answer is ${truth}.` };
  const votes = new Map<string | null, number>();
  for (const { decision } of shown) votes.set(decision, (votes.get(decision) ?? 0) + 1);
  const most = Math.max(0, ...votes.values());
  const answer = shown.find(({ decision }) => votes.get(decision) === most);
  if (answer === undefined) return { answer: null, why: 'No answer is left to show.' };
  const tied = [...votes.values()].filter((count) => count === most).length > 1;
  const why = tied
    ? `Nobody has decided it; the answer is that of ${answer.modelId}.`
    : `The answer is that of most models (${answer.decision ?? 'no decision'}).`;
  return { answer, why };
}

const textOf = (answer: EntryAnswer | null): string =>
  (answer?.said?.kind === 'fix' ? answer.said.content : answer?.content) ?? '';

function saysOf(answers: EntryAnswer[]): string {
  const says = answers
    .filter((answer) => answer.current)
    .map(
      ({ modelId, ok, decision }) =>
        `${modelId} says ${ok ? (decision ?? 'nothing that reads as a decision') : 'nothing (it failed)'}`,
    );
  return `The models disagree: ${says.join('; ')}.`;
}

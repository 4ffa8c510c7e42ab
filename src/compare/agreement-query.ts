/** Answers how far the models agree: over all, per pair, per category and per field; and who is right, by a truth. */

import type { PoolClient } from 'pg';
import type { Normaliser } from '../contracts/datasets.ts';
import type { Agreement, GridFilter } from '../contracts/workbench.ts';
import { valueAt } from '../datasets/field-path.ts';
import type { Database } from '../db/database.ts';
import { cohensKappa, krippendorffAlpha, observedAgreement } from './agreement.ts';
import { bootstrap } from './bootstrap.ts';
import { type Chosen, chosenBy } from './chosen.ts';
import { type HowCompared, howCompared } from './comparison.ts';
import { type CountedItems, countedDecisions, countedField } from './counted-decisions.ts';
import { decisionNormaliser } from './differences.ts';
import { keyOf } from './normalise.ts';
import { anonymousOf, itemsOf, MISSING, type Patterns, pairOf, patternsOf } from './patterns.ts';
import { rightness } from './rightness.ts';
import { type FieldSample, sampleFields } from './sample-fields.ts';

/** Categories and fields that are listed, the most frequent ones. */
const categories = 50;
const fields = 12;
/** Items that the figures by field are of; of more, a sample: its alpha is within about 0.02 of that of all. */
const sampledItems = 5000;

/** Throws not_found for the dataset, invalid_parameter for an unknown model. */
export async function agreementOf(
  db: Database,
  userId: string,
  { filter, field }: { filter: GridFilter; field?: string },
): Promise<Agreement> {
  const { chosen, how, decided, compared, sample } = await db.asUser(userId, async (q) => {
    const of = await chosenBy(q, userId, filter);
    const settings = howCompared(of.version.comparing);
    const byDecision = await countedDecisions(q, of, true);
    return {
      chosen: of,
      how: settings,
      decided: byDecision,
      compared: await comparedItems(q, of, { field, how: settings, decided: byDecision }),
      sample: await sampleFields(q, of, sampledItems),
    };
  });
  const patterns = patternsFrom(compared);
  const whole = anonymousOf(patterns);
  const alpha = krippendorffAlpha(whole);
  const right = rightness(
    chosen.runs.map((run) => run.modelId),
    decided,
  );
  return {
    n: itemsOf(whole.counts),
    field: field ?? null,
    alpha: alpha(whole.counts),
    alpha_ci: bootstrap(whole.counts, alpha),
    percent: inPercent(observedAgreement(whole)(whole.counts)),
    all_agree: allAgree(compared),
    pairs: pairsOf(chosen, patterns, right?.mcnemar ?? null),
    ...(right === null ? {} : { right: right.right, judged: right.judged }),
    by_category: byCategory(compared),
    by_field: byField(sample, how),
  };
}

const inPercent = (share: number | null): number | null => (share === null ? null : share * 100);

/** The items counted by what is compared, each value as its key: values that count as the same are the same. */
async function comparedItems(
  q: PoolClient,
  chosen: Chosen,
  { field, how, decided }: { field: string | undefined; how: HowCompared; decided: CountedItems[] },
): Promise<CountedItems[]> {
  if (field === undefined) {
    const normaliser = decisionNormaliser(how);
    return decided.map((item) => ({ ...item, values: item.values.map((value) => keyed(value, normaliser)) }));
  }
  const normaliser: Normaliser = how.normalisers[field] ?? { kind: 'text' };
  const counted = await countedField(q, chosen, field);
  const parsed = (value: string | null) => (value === null || value === '' ? value : (JSON.parse(value) as unknown));
  return counted.map((item) => ({ ...item, values: item.values.map((value) => keyed(parsed(value), normaliser)) }));
}

/** null: no answer, '': an answer without a value. A field that is never compared is compared as text when asked for. */
function keyed(value: unknown, normaliser: Normaliser): string | null {
  if (value === null || value === '') return value;
  return keyOf(value, normaliser.kind === 'ignore' ? { kind: 'text' } : normaliser);
}

/** Items counted anew by pattern: keys that fell together are one pattern. */
function patternsFrom(items: CountedItems[]): Patterns {
  const codes = new Map<string, number>();
  const found = new Map<string, { row: number[]; count: number }>();
  for (const { values, count } of items) {
    const row = values.map((value) => {
      if (value === null || value === '') return MISSING;
      if (!codes.has(value)) codes.set(value, codes.size);
      return codes.get(value)!;
    });
    const known = found.get(row.join());
    if (known === undefined) found.set(row.join(), { row, count });
    else known.count += count;
  }
  const all = [...found.values()];
  return { values: [...codes.keys()], rows: all.map(({ row }) => row), counts: all.map(({ count }) => count) };
}

/** Items that two or more models answered, all of them with one value. */
function allAgree(items: CountedItems[]): number {
  return items.reduce((sum, { values, count }) => {
    const given = values.filter((value) => value !== null);
    return given.length > 1 && given[0] !== '' && new Set(given).size === 1 ? sum + count : sum;
  }, 0);
}

function pairsOf(
  { runs }: Chosen,
  patterns: Patterns,
  mcnemar: ((a: number, b: number) => Agreement['pairs'][number]['mcnemar']) | null,
): Agreement['pairs'] {
  return runs.flatMap((a, i) =>
    runs.slice(i + 1).map((b, skipped) => {
      const j = i + 1 + skipped;
      const pair = pairOf(patterns, i, j);
      const kappa = cohensKappa(pair);
      return {
        a: a.modelId,
        b: b.modelId,
        n: itemsOf(pair.counts),
        percent: inPercent(observedAgreement(pair)(pair.counts)) ?? 0,
        kappa: kappa(pair.counts),
        kappa_ci: bootstrap(pair.counts, kappa),
        mcnemar: mcnemar?.(i, j) ?? null,
      };
    }),
  );
}

function figuresOf(patterns: Patterns): { n: number; percent: number; alpha: number | null } {
  const { counts } = patterns;
  return {
    n: itemsOf(counts),
    percent: inPercent(observedAgreement(patterns)(counts)) ?? 0,
    alpha: krippendorffAlpha(patterns)(counts),
  };
}

/** None when the items have no categories. */
function byCategory(items: CountedItems[]): Agreement['by_category'] {
  const groups = new Map<string | null, CountedItems[]>();
  for (const item of items) {
    const group = groups.get(item.category);
    if (group === undefined) groups.set(item.category, [item]);
    else group.push(item);
  }
  if ([...groups.keys()].every((category) => category === null)) return [];
  return [...groups]
    .map(([category, of]) => ({ category, ...figuresOf(anonymousOf(patternsFrom(of))) }))
    .filter(({ n }) => n > 0)
    .sort((a, b) => b.n - a.n)
    .slice(0, categories);
}

/** Of the most frequent fields that are compared; `n` says of how many items, which may be a sample. */
function byField({ fields: seen, columns }: FieldSample, how: HowCompared): Agreement['by_field'] {
  const normaliserOf = (path: string): Normaliser => how.normalisers[path] ?? { kind: 'text' };
  return seen
    .filter(({ path }) => normaliserOf(path).kind !== 'ignore')
    .slice(0, fields)
    .map(({ path }) => {
      const normaliser = normaliserOf(path);
      const keys = columns.map((column) =>
        column.map((of) => (of === null ? null : keyOf(valueAt(of, path), normaliser) || null)),
      );
      return { field: path, ...figuresOf(anonymousOf(patternsOf(keys))) };
    })
    .filter(({ n }) => n > 0);
}

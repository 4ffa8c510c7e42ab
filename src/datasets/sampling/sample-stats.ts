/** The figures of a sample: counts and shares beside the source's, lengths, how categories came about, what was short. */

import { promptCategories, type SampleOptions, type SampleStats } from '../../contracts/sampling.ts';
import type { Drawn } from './draw.ts';
import { openLengthHistogram } from './length-histogram.ts';
import type { Aim, Stratum } from './strata.ts';
import type { Survey } from './survey.ts';

export interface SampleFacts {
  name: string;
  sha256: string | null;
  survey: Survey;
  strata: Stratum[];
  aims: Aim[];
  drawn: Drawn;
  /** Rows that each stratum could give. */
  most: number[];
  options: SampleOptions;
  seconds: number;
}

type Figures = SampleStats['categories'];

export function statsOf(facts: SampleFacts): SampleStats {
  const { survey, drawn, options, aims } = facts;
  const lengths = openLengthHistogram();
  for (const { length } of drawn.rows.flat()) lengths.see(length);
  const categories = figuresBy(facts, ({ category }) => category);
  const rows = drawn.rows.flat().length;
  return {
    source: { name: facts.name, rows: survey.rows, sha256: facts.sha256 },
    drawn: rows,
    options,
    categories,
    lengths: options.by_length ? figuresBy(facts, ({ length }) => length!) : null,
    sources: options.source_path === undefined ? null : figuresBy(facts, ({ source }) => source ?? '(none)'),
    largest_share_difference: Math.max(0, ...aims.map((aim) => Math.abs(categories[aim.category]!.share - aim.share))),
    prompt_chars: { source: survey.lengths.figures(), sample: lengths.figures() },
    near_duplicates: { removed: drawn.removed, threshold: options.near_duplicates },
    classified: survey.classified,
    ...confusionOf(survey),
    notes: notesOf(facts, rows),
    seconds: facts.seconds,
  };
}

function figuresBy({ strata, survey, drawn }: SampleFacts, nameOf: (stratum: Stratum) => string): Figures {
  const total = drawn.rows.reduce((sum, rows) => sum + rows.length, 0);
  const counts = new Map<string, { source: number; drawn: number }>();
  for (const [at, stratum] of strata.entries()) {
    const name = nameOf(stratum);
    const before = counts.get(name) ?? { source: 0, drawn: 0 };
    counts.set(name, { source: before.source + stratum.rows, drawn: before.drawn + drawn.rows[at]!.length });
  }
  const sorted = [...counts].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  return Object.fromEntries(
    sorted.map(([name, { source, drawn }]) => [
      name,
      { source, drawn, source_share: source / survey.rows, share: total === 0 ? 0 : drawn / total },
    ]),
  );
}

/** Agreement is over the rows whose field names a category that the rules know, "other" apart. */
function confusionOf({ confusion }: Survey): Pick<SampleStats, 'confusion' | 'agreement'> {
  if (confusion.size === 0) return { confusion: null, agreement: null };
  let [known, same] = [0, 0];
  for (const [field, found] of confusion) {
    const category = promptCategories.find((name) => name === field.toLowerCase());
    if (category === undefined || category === 'other') continue;
    for (const rows of found.values()) known += rows;
    same += found.get(category) ?? 0;
  }
  const named = [...confusion].map(([field, found]) => [field, Object.fromEntries(found)] as const);
  return { confusion: Object.fromEntries(named), agreement: known === 0 ? null : same / known };
}

function notesOf({ options, aims, strata, drawn, most, survey }: SampleFacts, rows: number): string[] {
  const { n, minimum } = options;
  const sumBy = (category: string, counts: number[]) =>
    strata.reduce((sum, stratum, at) => sum + (stratum.category === category ? counts[at]! : 0), 0);
  const counts = drawn.rows.map((taken) => taken.length);
  const notes = aims.flatMap(({ category, rows: there, share }) => {
    const can = sumBy(category, most);
    const got = sumBy(category, counts);
    const has = can < there ? `${can} different rows of ${there}` : `${there} rows`;
    if (got < minimum) return [`${category} has ${has}, fewer than its minimum of ${minimum}; all were drawn.`];
    if (got === can && got < Math.floor(share * n) && (rows === n || options.allocation !== 'proportional')) {
      return [`${category} has ${has}, fewer than the ${Math.round(share * n)} of its share; all were drawn.`];
    }
    return [];
  });
  if (rows < n) {
    const left = rows < survey.rows ? `; ${drawn.removed} were equal or near to others` : '';
    const why = drawn.removed > 0 || rows === survey.rows ? left : '; the categories with a share have no more';
    notes.push(`Only ${rows} rows were drawn, not ${n}: the source has ${survey.rows}${why}.`);
  }
  return notes;
}

/** Makes vectors of texts without a model: weighted words and pairs of words, brought down to their main directions. */

import type { Random } from '../../compare/random.ts';
import { type Matrix, type Operator, rowsAt, zeros } from './matrix.ts';
import { principalDirections } from './principal-directions.ts';
import { termsOf } from './words.ts';

/** Terms that are known at most, the most frequent first; and texts that one must be in at least, from so many texts on. */
const VOCABULARY = 30_000;
const MANY_TEXTS = 50;
/** Terms in more than this share of the texts say nothing. */
const EVERYWHERE = 0.5;

/** Rows of weights: those of row r are at starts[r] up to starts[r + 1]. */
interface Sparse extends Operator {
  starts: Uint32Array;
  terms: Uint32Array;
  weights: Float32Array;
}

/**
 * Latent semantic analysis: tf-idf with 1 + log tf, rows of length 1, then the `wanted` strongest directions of `sample`. Rows are
 * shorter than 1 by what those directions do not tell: a text like no other is near zero, which keeps it from being taken for
 * like another (made of length 1 again, noise was as alike as patterns are). A text without a known term is a row of zeros.
 * Deerwester et al. (1990), Indexing by latent semantic analysis; Manning et al. (2008), Introduction to Information Retrieval, 6.4.
 */
export function wordVectors(texts: string[], sample: ArrayLike<number>, o: { wanted: number; random: Random }): Matrix {
  const frequencies = documentFrequencies(texts, sample);
  const known = new Map([...frequencies.keys()].map((term, place) => [term, place]));
  const idf = Float32Array.from(frequencies.values(), (count) => 1 + Math.log((1 + sample.length) / (1 + count)));
  const all = weighted(texts, known, idf);
  if (known.size === 0) return zeros(texts.length, 1);
  const { basis } = principalDirections(chosenRows(all, sample), o.wanted, o.random);
  return all.times(basis);
}

/** In how many of the sampled texts each term is, for the terms that are told by. */
function documentFrequencies(texts: string[], sample: ArrayLike<number>): Map<string, number> {
  const counts = new Map<string, number>();
  for (let at = 0; at < sample.length; at++)
    for (const term of new Set(termsOf(texts[sample[at]!]!))) counts.set(term, (counts.get(term) ?? 0) + 1);
  const least = sample.length < MANY_TEXTS ? 1 : 2;
  const most = sample.length < MANY_TEXTS ? Number.POSITIVE_INFINITY : EVERYWHERE * sample.length;
  const told = [...counts].filter(([, count]) => count >= least && count <= most);
  told.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return new Map(told.slice(0, VOCABULARY));
}

function weighted(texts: string[], known: Map<string, number>, idf: Float32Array): Sparse {
  const starts = new Uint32Array(texts.length + 1);
  const terms: number[] = [];
  const weights: number[] = [];
  for (const [row, text] of texts.entries()) {
    const counts = new Map<number, number>();
    for (const term of termsOf(text)) {
      const place = known.get(term);
      if (place !== undefined) counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    let squares = 0;
    for (const [place, count] of counts) {
      const weight = (1 + Math.log(count)) * idf[place]!;
      squares += weight * weight;
      counts.set(place, weight);
    }
    for (const [place, weight] of counts) {
      terms.push(place);
      weights.push(weight / Math.sqrt(squares));
    }
    starts[row + 1] = terms.length;
  }
  return sparse({ starts, terms: Uint32Array.from(terms), weights: Float32Array.from(weights) }, known.size);
}

function sparse(rows: Pick<Sparse, 'starts' | 'terms' | 'weights'>, columns: number): Sparse {
  const { starts, terms, weights } = rows;
  const count = starts.length - 1;
  return {
    ...rows,
    rows: count,
    columns,
    times({ columns: width, values: source }) {
      const sums = new Float32Array(count * width);
      for (let row = 0; row < count; row++)
        for (let at = starts[row]!; at < starts[row + 1]!; at++) {
          const scale = weights[at]!;
          for (let into = row * width, from = terms[at]! * width; into < (row + 1) * width; into++, from++)
            sums[into]! += scale * source[from]!;
        }
      return { rows: count, columns: width, values: sums };
    },
    turnedTimes({ columns: width, values: source }) {
      const sums = new Float32Array(columns * width);
      for (let row = 0; row < count; row++)
        for (let at = starts[row]!; at < starts[row + 1]!; at++) {
          const scale = weights[at]!;
          for (let from = row * width, into = terms[at]! * width; from < (row + 1) * width; from++, into++)
            sums[into]! += scale * source[from]!;
        }
      return { rows: columns, columns: width, values: sums };
    },
  };
}

/** The operator of the sampled rows alone. */
function chosenRows(all: Sparse, sample: ArrayLike<number>): Operator {
  if (sample.length === all.rows) return all;
  return {
    rows: sample.length,
    columns: all.columns,
    times: (right) => rowsAt(all.times(right), sample),
    turnedTimes(right) {
      const spread = zeros(all.rows, right.columns);
      for (let at = 0; at < sample.length; at++)
        spread.values.set(
          right.values.subarray(at * right.columns, (at + 1) * right.columns),
          sample[at]! * right.columns,
        );
      return all.turnedTimes(spread);
    },
  };
}

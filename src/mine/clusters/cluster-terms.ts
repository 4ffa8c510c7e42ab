/** Finds the terms that tell a cluster from the others. */

import { termsOf } from '../vectors/words.ts';

/** Terms given of a cluster; texts of a cluster that are read, evenly drawn. */
const TERMS = 10;
const READ = 2000;

export interface Term {
  term: string;
  weight: number;
}

/**
 * Class-based TF-IDF: the share of a term among those of the cluster, times log(1 + terms of a cluster in the mean / how often
 * the term is there in all). Grootendorst (2022), BERTopic, arXiv 2203.05794. `texts` are those of each failure, `of` its cluster (-1 counts
 * as one more). A word is left out beside a pair with it, and a term that one failure alone has.
 */
export function clusterTerms(texts: string[][], of: Int32Array, clusters: number): Term[][] {
  const counts = countTerms(texts, of, clusters);
  const everywhere = new Map<string, number>();
  let sum = 0;
  for (const { terms } of counts)
    for (const [term, count] of terms) {
      everywhere.set(term, (everywhere.get(term) ?? 0) + count);
      sum += count;
    }
  const mean = sum / Math.max(1, counts.filter(({ read }) => read > 0).length);
  return counts.slice(0, clusters).map(({ terms, read }) => {
    const own = [...terms.values()].reduce((all, count) => all + count, 0);
    const least = read < 3 ? 1 : 2;
    const weighed = [...terms].flatMap(([term, count]) =>
      count < least ? [] : [{ term, weight: (count / own) * Math.log(1 + mean / everywhere.get(term)!) }],
    );
    weighed.sort((a, b) => b.weight - a.weight || (a.term < b.term ? -1 : 1));
    return withoutRepeats(weighed);
  });
}

/** In how many failures of each cluster a term is; the last is "other". Means over what is read, so that clusters of any size compare. */
function countTerms(
  texts: string[][],
  of: Int32Array,
  clusters: number,
): { terms: Map<string, number>; read: number }[] {
  const places: number[][] = Array.from({ length: clusters + 1 }, () => []);
  for (const [place, cluster] of of.entries()) places[cluster < 0 ? clusters : cluster]!.push(place);
  return places.map((own) => {
    const step = Math.max(1, own.length / READ);
    const terms = new Map<string, number>();
    const read = Math.min(own.length, READ);
    for (let at = 0; at < read; at++)
      for (const term of new Set(texts[own[Math.floor(at * step)]!]!.flatMap(termsOf)))
        terms.set(term, (terms.get(term) ?? 0) + 1);
    return { terms, read };
  });
}

/** The first terms, none of which has a word of one before it. */
function withoutRepeats(terms: Term[]): Term[] {
  const kept: Term[] = [];
  const words = new Set<string>();
  for (const each of terms) {
    if (kept.length === TERMS) break;
    const own = each.term.split(' ');
    if (own.some((word) => words.has(word))) continue;
    for (const word of own) words.add(word);
    kept.push(each);
  }
  return kept;
}

/** Counts values that differ in case alone as one, spelled as most of them are; the grid's filters take them so too. */

export interface Spellings {
  /** By spelling. */
  counts: Map<string, number>;
  spelled(value: string): string;
}

/** null is not counted. */
export function spellings(counted: [value: string | null, count: number][]): Spellings {
  const folded = new Map<string, Map<string, number>>();
  for (const [value, count] of counted) {
    if (value === null) continue;
    const key = value.toLowerCase();
    const of = folded.get(key) ?? new Map<string, number>();
    folded.set(key, of.set(value, (of.get(value) ?? 0) + count));
  }
  const spelling = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const [key, of] of folded) {
    const [first] = [...of].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    spelling.set(key, first![0]);
    counts.set(
      first![0],
      [...of.values()].reduce((all, count) => all + count, 0),
    );
  }
  return { counts, spelled: (value) => spelling.get(value.toLowerCase()) ?? value };
}

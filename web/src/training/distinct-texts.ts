/** Texts of a list without the beginning that they all share, so that what tells them apart is seen. */

/** A shared beginning up to this long is left: it takes less room than it would be missed. */
const SHORT = 24;

/** Cuts at the start of a word and says so by "…"; texts that are all alike, or share little, stay as they are. */
export function distinctTexts(texts: readonly string[]): (text: string) => string {
  const [first, ...others] = new Set(texts);
  if (first === undefined || others.length === 0) return (text) => text;
  let shared = first.length;
  for (const other of others) {
    let same = 0;
    while (same < shared && first[same] === other[same]) same += 1;
    shared = same;
  }
  const cut = first.slice(0, shared).search(/\S*$/);
  return cut <= SHORT ? (text) => text : (text) => `…${text.slice(cut)}`;
}

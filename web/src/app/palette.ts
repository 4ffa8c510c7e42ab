/** Gives decisions and models their colours: the eight of Okabe and Ito, told apart by the colour-blind too. */

/** In the order they are handed out; black comes last, as grey. */
export const okabeIto = [
  '#0072b2',
  '#e69f00',
  '#009e73',
  '#cc79a7',
  '#56b4e9',
  '#d55e00',
  '#b3a800',
  '#7d8590',
] as const;

const GREY = okabeIto[7];
/** More different values than this are numbers or texts rather than decisions; colours would say nothing. */
const MOST = 14;

/** Words that mean much the same everywhere keep a colour of their own, so that datasets look alike. */
const meanings: [RegExp, string][] = [
  [/^(strong(ly)?[ _-]?)(yes|agree|accept|hire|positive|recommend(ed)?)$/i, '#0072b2'],
  [/^(yes|true|pass(ed)?|accept(ed)?|agree|correct|positive|hire|good|ok|y)$/i, '#56b4e9'],
  [/^(strong(ly)?[ _-]?)(no|disagree|reject|negative)$/i, '#d55e00'],
  [/^(no|false|fail(ed)?|reject(ed)?|disagree|incorrect|wrong|negative|bad|n)$/i, '#e69f00'],
  [/^(maybe|unsure|unknown|neutral|tie|mixed|lean.*|partial(ly)?)$/i, '#cc79a7'],
];

/** The colour of each value, given all values with the most frequent first. null (no decision) is grey. */
export function coloursOf(values: readonly (string | null)[]): (value: string | null) => string {
  const given = new Map<string, string>();
  const used = new Set<string>();
  const names = values.filter((value) => value !== null);
  if (names.length > MOST) return () => GREY;
  for (const value of names) {
    const colour = meanings.find(([words, of]) => words.test(value.trim()) && !used.has(of))?.[1];
    if (colour === undefined) continue;
    given.set(value, colour);
    used.add(colour);
  }
  const free = okabeIto.filter((colour) => !used.has(colour) && colour !== GREY);
  for (const value of names) {
    if (given.has(value)) continue;
    const colour = free.shift();
    if (colour === undefined) break;
    given.set(value, colour);
  }
  return (value) => (value === null ? GREY : (given.get(value) ?? GREY));
}

/** The colour of the nth model, in lines and bars. */
export function modelColour(place: number): string {
  return okabeIto[place % okabeIto.length]!;
}

/** Moves the few rows whose answers may be far longer than the others' to the front, where they would else begin too late. */

/** Lines of rows in the order in which they should run, and the characters of each one's prompt. */
interface PlacedRows {
  lines: Int32Array;
  chars: Int32Array;
}

/** The stated limits of answers, by line. */
export interface StatedAnswers {
  /** Null where the request states none. */
  add(line: number, tokens: number | null): void;
  /** Limits by line, 0 where none is stated; null when all are alike. */
  byLine(): Int32Array | null;
}

/** Costs four bytes a row from the first limit on that differs from those before it, else nothing. */
export function keepStated(): StatedAnswers {
  let alike: number | null = null;
  let limits: Int32Array | null = null;
  return {
    add(line, tokens) {
      const limit = tokens ?? 0;
      alike ??= limit;
      if (limits === null && limit === alike) return;
      if (limits === null || line >= limits.length) {
        const larger = new Int32Array(Math.max(1024, line * 2)).fill(alike);
        if (limits !== null) larger.set(limits);
        limits = larger;
      }
      limits[line] = limit;
    },
    byLine: () => limits,
  };
}

/** An answer may be this many times as long as the usual one before it is looked at. */
const farLonger = 4;
/** Share of the batch's prompts that moved rows may have: each is read apart from those that begin as it does. */
const movedShare = 0.01;
/** Time of a character of prompt in that of a token of an answer: four to a token, 50 of which are read in that time. */
const promptCost = 1 / 200;

/**
 * A row begun where what is left of the batch takes the engine less time than the row itself keeps it waiting at the end.
 * Such rows go to the front, those that would be waited for longest first, as far as `movedShare` allows; the others stay
 * where they are, beside those that share their prompt's beginning. `rowsAtOnce` is how many the engine works on at a time.
 */
export function longFirst(rows: PlacedRows, stated: Int32Array | null, rowsAtOnce: number): PlacedRows {
  if (stated === null) return rows;
  const usual = usualAnswer(rows, stated);
  if (usual === 0) return rows;
  const late = lateRows(rows, { stated, usual, rowsAtOnce });
  if (late.length === 0) return rows;
  let room = movedShare * rows.chars.reduce((sum, chars) => sum + chars, 0);
  const moved = new Set<number>();
  for (const { place } of late.sort((a, b) => b.wait - a.wait)) {
    if (rows.chars[place]! > room) continue;
    room -= rows.chars[place]!;
    moved.add(place);
  }
  const places = new Int32Array(rows.lines.length);
  let front = 0;
  let back = moved.size;
  for (let place = 0; place < places.length; place++) {
    if (moved.has(place)) places[front++] = place;
    else places[back++] = place;
  }
  return { lines: places.map((place) => rows.lines[place]!), chars: places.map((place) => rows.chars[place]!) };
}

/** The median of the stated limits; 0 where none is. Rows that state none count as that. */
function usualAnswer({ lines }: PlacedRows, stated: Int32Array): number {
  const limits = lines.map((line) => stated[line] ?? 0).sort();
  let unstated = 0;
  while (unstated < limits.length && limits[unstated] === 0) unstated += 1;
  return limits[unstated + ((limits.length - unstated) >> 1)] ?? 0;
}

/** Rows that would be waited for at the end, and for how long, in tokens of an answer. */
function lateRows(
  { lines, chars }: PlacedRows,
  by: { stated: Int32Array; usual: number; rowsAtOnce: number },
): { place: number; wait: number }[] {
  const late: { place: number; wait: number }[] = [];
  let left = 0;
  for (let place = lines.length - 1; place >= 0; place--) {
    const answer = by.stated[lines[place]!] || by.usual;
    left += answer + chars[place]! * promptCost;
    const wait = answer - left / by.rowsAtOnce;
    if (answer > by.usual * farLonger && wait > 0) late.push({ place, wait });
  }
  return late;
}

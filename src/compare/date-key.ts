/** Reads dates as people and models write them: 2021-03-04, 4 March 2021, Mar 4, 2021, 04.03.2021, 2021-03, 2021. */

const MONTHS = 'january february march april may june july august september october november december'.split(' ');
const ISO = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[t ](\d{1,2}:\d{2}.*))?)?)?$/;
const DAY_FIRST = /^(?:\p{L}+,?\s+)?(\d{1,2})(?:st|nd|rd|th)?\.?\s+(?:of\s+)?(\p{L}{3,9})\.?,?\s+(\d{4})$/u;
const MONTH_FIRST = /^(?:\p{L}+,\s+)?(\p{L}{3,9})\.?\s+(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4})$/u;
const NUMBERS = /^(\d{1,2})([./-])(\d{1,2})\2(\d{4})$/;

/**
 * The date as YYYY, YYYY-MM, YYYY-MM-DD or, with a time other than midnight, as ISO in UTC; null when it is none.
 * Of 04.03.2021 the day comes first, of 04/03/2021 and 04-03-2021 the month, unless it is greater than 12.
 */
export function dateKey(text: string): string | null {
  const lower = text.trim().toLowerCase();
  const iso = ISO.exec(lower);
  if (iso) return iso[4] === undefined ? day(iso[1], iso[2], iso[3]) : withTime(text.trim());
  const dayFirst = DAY_FIRST.exec(lower);
  if (dayFirst) return day(dayFirst[3], month(dayFirst[2]!), dayFirst[1]);
  const monthFirst = MONTH_FIRST.exec(lower);
  if (monthFirst) return day(monthFirst[3], month(monthFirst[1]!), monthFirst[2]);
  const numbers = NUMBERS.exec(lower);
  if (numbers === null) return null;
  const [, a, mark, b, year] = numbers;
  return mark === '.' || Number(a) > 12 ? day(year, b, a) : day(year, a, b);
}

function month(name: string): string {
  return String(MONTHS.findIndex((each) => each === name || each.slice(0, Math.max(3, name.length)) === name) + 1);
}

function day(year: string | undefined, monthOf?: string, dayOf?: string): string | null {
  const parts = [monthOf, dayOf].filter((part) => part !== undefined).map((part) => part.padStart(2, '0'));
  const date = new Date(Date.UTC(Number(year), Number(parts[0] ?? 1) - 1, Number(parts[1] ?? 1)));
  const key = [year, ...parts].join('-');
  // A date that does not exist, such as 2021-02-30, moves when it is made.
  return Number.isNaN(date.getTime()) || !date.toISOString().startsWith(key) ? null : key;
}

function withTime(text: string): string | null {
  // A time without a zone is taken as UTC, so that the figure is the same on every machine.
  const zoned = /(?:z|[+-]\d{2}:?\d{2})$/i.test(text) ? text : `${text}Z`;
  const date = new Date(zoned.replace(' ', 'T'));
  if (Number.isNaN(date.getTime())) return null;
  const iso = date.toISOString();
  return iso.endsWith('T00:00:00.000Z') ? iso.slice(0, 10) : iso;
}

/** Writes CSV lines (RFC 4180) in which no text is read as a formula by a spreadsheet. */

/** A cell beginning with one of these is run by some spreadsheet; the full-width ones are taken for the plain ones. */
const formula = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** A number is written as it is; a text that could be a formula gets an apostrophe in front; null is empty. */
export function csvCell(value: string | number | boolean | null): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const safe = formula.test(value) ? `'${value}` : value;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvLine(cells: (string | number | boolean | null)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

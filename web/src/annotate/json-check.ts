/** Checks the text of a fix: whether it has to be JSON, and where it is not. */

/** Whether an answer is JSON as a whole, so that its fix has to be, too. */
export function mustBeJson(content: string, parse: string): boolean {
  if (parse !== 'json' && parse !== 'repaired') return false;
  return /^\s*(?:```(?:json)?\s*)?[{[]/i.test(content);
}

/** What is wrong with a text as JSON, with its line; null when nothing is. */
export function jsonFault(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const message = (error as Error).message;
    const position = /position (\d+)/.exec(message)?.[1];
    const before = position === undefined ? null : text.slice(0, Number(position)).split('\n');
    const place = before === null ? '' : `Line ${before.length}, column ${before.at(-1)!.length + 1}: `;
    return `${place}${message.replace(/ in JSON at position.*$/, '')}. The other answers are JSON, so this has to be.`;
  }
}

/** JSON laid out over lines; any other text as it is. */
export function laidOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

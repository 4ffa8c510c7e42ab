/** Writes values as attributes of XML, so that both of Label Studio's readers give back what was written. */

/** What XML 1.0 cannot hold, not even behind an escape. */
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;
const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Whether an attribute can hold `text`. */
export const isWritable = (text: string): boolean => !unwritable.test(text);

/** `text` for an attribute in quotes. Line breaks and tabs are escaped too: a reader makes spaces of bare ones. */
export const attributeText = (text: string): string =>
  text.replace(/[&<>"'\t\n\r]/g, (sign) => escapes[sign] ?? `&#${sign.charCodeAt(0)};`);

/** Shows as nothing, and keeps two texts apart. */
const joiner = '\u2060';

/** Text that Label Studio shows as it is: `$name` in it would be filled with data of the task. */
export const shownText = (text: string): string => text.replace(/\$(?=[\w[\].{}])/g, `$${joiner}`);

/** Writes a Choice that says `value`. */
export type WriteChoice = (value: string, hint?: string) => string;

/**
 * Writes the choices of one configuration. The page of Label Studio makes one group of all radio buttons that show the
 * same text, whatever block they stand in, so that each puts the others out: each further one of a text has one more
 * joiner behind it. The alias takes the place of what is shown in results.
 */
export function choiceWriter(): WriteChoice {
  const times = new Map<string, number>();
  return (value, hint) => {
    const before = times.get(value) ?? 0;
    times.set(value, before + 1);
    const shown = shownText(value) + joiner.repeat(before);
    const alias = shown === value ? '' : ` alias="${attributeText(value)}"`;
    const more = hint === undefined ? '' : ` hint="${attributeText(hint)}"`;
    return `<Choice value="${attributeText(shown)}"${alias}${more}/>`;
  };
}

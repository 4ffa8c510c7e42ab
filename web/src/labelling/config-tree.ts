/** What a labeling configuration shows of a task, read plainly: texts, choices and fields in order, by answer. */

/** A tag of a configuration. */
export interface ConfigTag {
  tag: string;
  attributes: Record<string, string>;
  inside: ConfigTag[];
}

/** A result of a prediction, as far as it is shown. */
interface ShownResult {
  from_name?: unknown;
  value?: { choices?: unknown; text?: unknown };
}

/** A task as it would be sent; whatever is not as expected counts as nothing. */
export interface ShownTask {
  data: Record<string, unknown>;
  results: ShownResult[];
}

/** A choice as it is written on the page, and whether a pre-label chooses it. */
export interface ShownChoice {
  text: string;
  chosen: boolean;
}

export type ShownPart =
  | { what: 'header'; text: string }
  | { what: 'text'; name: string; text: string }
  | { what: 'choices'; name: string; choices: ShownChoice[] }
  | { what: 'area'; name: string; text: string; hint: string }
  | { what: 'other'; tag: string };

/** Parts that belong to one answer ("a", "b", …), or to the whole task (null). */
export interface ShownBlock {
  slot: string | null;
  parts: ShownPart[];
}

/** Tags that only arrange what is in them. */
const frames = new Set(['view', 'collapse', 'panel']);
const texts = new Set(['text', 'hypertext', 'paragraphs']);
const DEEPEST = 40;

/** Reads the task of a preview; predictions but the first are the same again by model. */
export function taskOf(task: unknown): ShownTask {
  const { data, predictions } = (task ?? {}) as { data?: unknown; predictions?: { result?: unknown }[] };
  const result = Array.isArray(predictions) ? predictions[0]?.result : undefined;
  return {
    data: typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {},
    results: Array.isArray(result) ? result.filter((each) => typeof each === 'object' && each !== null) : [],
  };
}

/** `slotOf` says of a control's or object's name which answer it is of. */
export function shownBlocks(root: ConfigTag, task: ShownTask, slotOf: (name: string) => string | null): ShownBlock[] {
  const blocks: ShownBlock[] = [];
  const take = (tag: ConfigTag, slot: string | null, depth: number): void => {
    if (depth > DEEPEST) return;
    const of = slot ?? slotAlone(tag, slotOf);
    const part = partOf(tag, task);
    if (part !== null) {
      const last = blocks.at(-1);
      if (last?.slot === of) last.parts.push(part);
      else blocks.push({ slot: of, parts: [part] });
    }
    if (frames.has(tag.tag.toLowerCase())) for (const each of tag.inside) take(each, of, depth + 1);
  };
  take(root, null, 0);
  return blocks;
}

/** The one answer that everything in a tag is of; null where it is of several, or of none. */
function slotAlone(tag: ConfigTag, slotOf: (name: string) => string | null): string | null {
  const found = new Set<string | null>();
  const look = ({ attributes, inside }: ConfigTag, depth: number): void => {
    if (attributes.name !== undefined) found.add(slotOf(attributes.name));
    if (depth < DEEPEST) for (const each of inside) look(each, depth + 1);
  };
  look(tag, 0);
  return found.size === 1 ? [...found][0]! : null;
}

function partOf(tag: ConfigTag, task: ShownTask): ShownPart | null {
  const { attributes } = tag;
  const kind = tag.tag.toLowerCase();
  const name = attributes.name ?? '';
  if (kind === 'style' || (frames.has(kind) && !titled(tag))) return null;
  if (kind === 'header' || kind === 'panel') return { what: 'header', text: filled(attributes.value ?? '', task) };
  if (texts.has(kind)) return { what: 'text', name, text: filled(attributes.value ?? '', task) };
  if (kind === 'choices') {
    const chosen = preset(name, task, 'choices');
    const choices = tag.inside.filter((each) => each.tag.toLowerCase() === 'choice');
    return { what: 'choices', name, choices: choices.map((each) => shownChoice(each, chosen)) };
  }
  if (kind === 'textarea') {
    return { what: 'area', name, text: preset(name, task, 'text').join('\n'), hint: attributes.placeholder ?? '' };
  }
  return { what: 'other', tag: tag.tag };
}

/** A part that can be folded away has a name. */
const titled = ({ tag, attributes }: ConfigTag) => tag.toLowerCase() === 'panel' && attributes.value !== undefined;

/** In results the alias takes the place of what is shown. */
function shownChoice({ attributes: { value = '', alias } }: ConfigTag, chosen: readonly string[]): ShownChoice {
  return { text: value === '' ? (alias ?? '') : value, chosen: chosen.includes(alias ?? value) };
}

/** "$answer_a" in a value stands for that field of the task. */
function filled(value: string, { data }: ShownTask): string {
  return value.replaceAll(/\$([A-Za-z_]\w*)/g, (whole, name: string) => {
    const of = Object.hasOwn(data, name) ? data[name] : undefined;
    if (of === undefined || of === null) return of === null ? '' : whole;
    return typeof of === 'string' ? of : JSON.stringify(of);
  });
}

/** What the pre-labels say of a control. */
function preset(name: string, { results }: ShownTask, what: 'choices' | 'text'): string[] {
  return results
    .filter(({ from_name }) => from_name === name)
    .flatMap(({ value }) => [value?.[what] ?? []].flat())
    .filter((each) => typeof each === 'string');
}

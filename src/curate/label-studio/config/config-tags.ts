/** Reads a labeling configuration as XML: its tags with their attributes and lines. No entity but XML's own is known. */

import { SaxesParser } from 'saxes';
import { AssayError } from '../../../errors.ts';

/** `line` counts from 1. */
export interface ConfigTag {
  tag: string;
  line: number;
  attributes: Record<string, string>;
  children: ConfigTag[];
}

/** Tags that Label Studio Community takes in a configuration but cannot show, each with what to take in its place. */
const enterprise: Record<string, string> = {
  chat: 'show the conversation in a Text or Paragraphs tag',
  reactcode: 'build the page from View, Text, Choices and TextArea',
  ocrlabels: 'show the text in a Text tag',
};

/** Tags inside one another; a page of labelling has a dozen. */
const maxDepth = 100;

export const invalidConfig = (problem: string, param = 'label_config'): AssayError =>
  new AssayError('label_config_invalid', { problem }, { param });

/** The outermost tag. @throws AssayError label_config_invalid with the line of what is wrong */
export function readTags(xml: string): ConfigTag {
  const parser = new SaxesParser();
  const open: ConfigTag[] = [];
  let root: ConfigTag | null = null;
  let line = 1;
  parser.on('error', (error) => {
    throw invalidConfig(faultText(error.message));
  });
  parser.on('doctype', () => {
    throw invalidConfig(
      `line ${parser.line}: a DOCTYPE is not taken; write what its entities stand for in their place`,
    );
  });
  parser.on('opentagstart', () => {
    line = parser.line;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const tag: ConfigTag = { tag: name, line, attributes: { ...attributes }, children: [] };
    const instead = enterprise[name.toLowerCase()];
    if (instead !== undefined) {
      throw invalidConfig(
        `line ${line}: ${name} is a tag of Label Studio Enterprise, Community cannot show it; ${instead}`,
      );
    }
    if (open.length >= maxDepth)
      throw invalidConfig(`line ${line}: more than ${maxDepth} tags stand inside one another`);
    open.at(-1)?.children.push(tag);
    root ??= tag;
    open.push(tag);
  });
  parser.on('closetag', () => {
    open.pop();
  });
  parser.write(xml).close();
  const outermost = root as ConfigTag | null;
  if (outermost?.tag !== 'View') {
    throw invalidConfig(
      `line ${outermost?.line ?? 1}: the outermost tag must be View, it is ${outermost?.tag ?? 'none'}`,
    );
  }
  return outermost;
}

/** All tags of a configuration in their order, the outermost first. */
export function* allTags(tag: ConfigTag): Generator<ConfigTag> {
  yield tag;
  for (const child of tag.children) yield* allTags(child);
}

/** "3:17: unclosed tag: View" is what the parser says. */
function faultText(message: string): string {
  const at = /^(\d+):(\d+): ([\s\S]*)$/.exec(message);
  return at === null ? message : `line ${at[1]}, column ${at[2]}: ${at[3]!.replace(/\.$/, '')}`;
}

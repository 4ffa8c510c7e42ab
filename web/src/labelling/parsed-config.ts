/** Reads a labeling configuration with the browser's own parser, which runs nothing of it and fetches nothing. */

import type { ConfigTag } from './config-tree.ts';

const DEEPEST = 40;

/** null: it is no well-formed XML. */
export function parsedConfig(text: string): ConfigTag | null {
  const document = new DOMParser().parseFromString(text, 'application/xml');
  if (document.querySelector('parsererror') !== null || document.documentElement === null) return null;
  return tagOf(document.documentElement, 0);
}

function tagOf(element: Element, depth: number): ConfigTag {
  return {
    tag: element.tagName,
    attributes: Object.fromEntries([...element.attributes].map(({ name, value }) => [name, value])),
    inside: depth >= DEEPEST ? [] : [...element.children].map((each) => tagOf(each, depth + 1)),
  };
}

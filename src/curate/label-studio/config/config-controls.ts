/** Reads a labeling configuration: what it shows, what annotators answer with, and which data it asks for. */

import { allTags, type ConfigTag, invalidConfig, readTags } from './config-tags.ts';

/** A tag that shows something of a task. `field`: the data field that it shows as it is; null for any other value. */
export interface ConfigObject {
  name: string;
  tag: string;
  line: number;
  field: string | null;
  attributes: Record<string, string>;
}

/** What a result says when the choice is made: its alias, else its value. */
export interface ConfigChoice {
  said: string;
  shown: string;
}

/** A tag that annotators answer with. `type` is that of its results. */
export interface ConfigControl {
  name: string;
  tag: string;
  type: string;
  line: number;
  toName: string;
  choices: ConfigChoice[];
  attributes: Record<string, string>;
}

/** A data field without which Label Studio refuses a task. */
export interface AskedField {
  field: string;
  tag: string;
  line: number;
}

export interface ReadConfig {
  objects: ConfigObject[];
  controls: ConfigControl[];
  asked: AskedField[];
}

/** @throws AssayError label_config_invalid: no XML, a tag of Label Studio Enterprise, a name that stands twice */
export function readConfig(xml: string): ReadConfig {
  const read: ReadConfig = { objects: [], controls: [], asked: [] };
  const lines = new Map<string, number>();
  for (const tag of allTags(readTags(xml))) {
    const { name, value } = tag.attributes;
    if (name === undefined) continue;
    if (lines.has(name))
      throw invalidConfig(`line ${tag.line}: name="${name}" of ${tag.tag} stands on line ${lines.get(name)} too`);
    lines.set(name, tag.line);
    const toName = tag.attributes.toName ?? tag.attributes.toname;
    if (toName !== undefined) read.controls.push(controlOf(tag, name, toName));
    else if (value !== undefined) read.objects.push(objectOf(tag, name, value));
    const field = fieldAskedBy(value ?? '');
    if (field !== null) read.asked.push({ field, tag: tag.tag, line: tag.line });
  }
  return read;
}

function objectOf({ tag, line, attributes }: ConfigTag, name: string, value: string): ConfigObject {
  return { name, tag, line, field: /^\$(\w+)$/.exec(value)?.[1] ?? null, attributes };
}

function controlOf(tag: ConfigTag, name: string, toName: string): ConfigControl {
  const choices = [...allTags(tag)]
    .filter((each) => each.tag === 'Choice')
    .map(({ attributes: { value, alias } }) => ({ said: alias ?? value ?? '', shown: value ?? '' }));
  return {
    name,
    tag: tag.tag,
    type: tag.tag.toLowerCase(),
    line: tag.line,
    toName,
    choices,
    attributes: tag.attributes,
  };
}

/** As Label Studio reads it: what follows the dollar, or the first name behind one. */
function fieldAskedBy(value: string): string | null {
  if (value.length > 1 && value.startsWith('$')) return value.slice(1);
  return /\$(\w+)/.exec(value)?.[1] ?? null;
}

/** What the fake Label Studio looks at in a labeling configuration: that it is XML, that names match, which data it shows. */

import { SaxesParser } from 'saxes';

interface Config {
  names: string[];
  toNames: string[];
  /** Fields of a task's data that object tags show. */
  fields: string[];
}

/** Why the configuration is not taken, or null. */
export function configFault(text: string): string | null {
  const config = parse(text);
  if (typeof config === 'string') return config;
  const missing = config.toNames.find((name) => !config.names.includes(name));
  return missing === undefined
    ? null
    : `toName="${missing}" not found in names: [${config.names
        .toSorted()
        .map((n) => `'${n}'`)
        .join(', ')}]`;
}

/** Fields without which a task is refused. */
export function configFields(text: string): string[] {
  const config = parse(text);
  return typeof config === 'string' ? [] : config.fields;
}

function parse(text: string): Config | string {
  const found: Config = { names: [], toNames: [], fields: [] };
  const parser = new SaxesParser();
  let fault: string | null = null;
  parser.on('error', (error) => {
    fault ??= error.message;
  });
  parser.on('opentag', ({ attributes }) => {
    const { name, toName, value } = attributes as Record<string, string>;
    if (name !== undefined) found.names.push(name);
    if (toName !== undefined) found.toNames.push(...toName.split(','));
    if (name !== undefined && toName === undefined && value?.startsWith('$')) found.fields.push(value.slice(1));
  });
  parser.write(text).close();
  return fault ?? found;
}

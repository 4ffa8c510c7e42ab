/** The version of this Assay. */

import { readFileSync } from 'node:fs';

/** As package.json states it. */
export const version: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

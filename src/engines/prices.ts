/** The price table: what models cost that state no price of their own, each price with the day on which it was read. */

import { join } from 'node:path';
import { type Price, type PriceEntry, priceEntry } from '../contracts/models.ts';
import { readYamlList } from './yaml-list.ts';

export interface PriceTable {
  /** USD a million tokens; undefined where the table says nothing: an unknown price is never 0. */
  of(modelId: string): Price | undefined;
  /** The ids that the table names in full. */
  ids: string[];
}

/** The table that comes with Assay. */
const ownTable = join(import.meta.dirname, 'prices.yaml');
/** Behind an id: the date of a version of the model, as providers write it. */
const versionDate = /^-(\d{8}|\d{4}-\d{2}-\d{2})$/;

/**
 * The table in a file, a list or a list under `prices:`; the one that comes with Assay when none is named. Of several
 * entries that fit an id the one that says more of it counts.
 * @throws AssayError prices_file_invalid with the first fault's line and all faults in its message
 */
export function readPrices(file: string | null = null): PriceTable {
  const read = readYamlList(file ?? ownTable, {
    key: 'prices',
    entry: priceEntry,
    id: 'model',
    code: 'prices_file_invalid',
    variable: 'ASSAY_PRICES_FILE',
  });
  const entries = read.toSorted((a, b) => b.model.length - a.model.length);
  return {
    of(modelId) {
      const found = entries.find(({ model }) => model === modelId) ?? entries.find((entry) => fits(entry, modelId));
      if (found === undefined) return undefined;
      const { model: _, source: __, ...price } = found;
      return price;
    },
    ids: read.map(({ model }) => model).filter((model) => !model.endsWith('*')),
  };
}

function fits({ model }: PriceEntry, modelId: string): boolean {
  if (model.endsWith('*')) return modelId.startsWith(model.slice(0, -1));
  return modelId.startsWith(model) && versionDate.test(modelId.slice(model.length));
}

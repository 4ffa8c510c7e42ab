/** Reads metrics and pass marks by category from one line of text, as the setting similarity_table states them. */

import { metricName, metricNames, type SimilarityTable, similarityTable } from '../../contracts/similarity.ts';
import { AssayError } from '../../errors.ts';
import { defaultCategories } from './by-category.ts';

/** An entry: `category=` or nothing, the metric, its mark, and what stands in for cosine. */
const entryForm = /^(?:([^=:|]+)=)?\s*([a-z0-9_]+)\s*(?::\s*([0-9.]+)\s*)?(?:\|\s*([a-z0-9_]+)\s*)?$/;

/**
 * The table in a text of entries joined by commas.
 *
 * ```ts
 * readTable('chrf:0.6, math=numeric, creative=cosine:0.75|rouge_l');
 * ```
 * @throws AssayError config_invalid that names the first entry at fault
 */
export function readTable(text: string): SimilarityTable {
  const table: SimilarityTable = { thresholds: {}, categories: {} };
  for (const written of text.split(',').map((entry) => entry.trim())) {
    if (written === '') continue;
    const [, category, metric, mark, instead] = entryForm.exec(written) ?? [];
    if (metric === undefined)
      throw fault(written, 'must be METRIC:MARK or CATEGORY=METRIC, with :MARK behind it if wanted');
    for (const name of [metric, instead])
      if (name !== undefined && !metricName.safeParse(name).success)
        throw fault(written, `there is no metric ${name}; there are ${metricNames.join(', ')}`);
    const threshold = mark === undefined ? undefined : Number(mark);
    if (threshold !== undefined && !(threshold >= 0 && threshold <= 1))
      throw fault(written, 'the mark must be from 0 to 1');
    if (category === undefined && threshold === undefined) throw fault(written, 'needs a category or a mark');
    const stated = { ...(threshold === undefined ? {} : { threshold }), ...(instead ? standIn(written, instead) : {}) };
    if (category === undefined) Object.assign(table.thresholds, { [metric]: threshold });
    else Object.assign(table.categories, { [category.trim()]: { ...builtIn(category, metric), metric, ...stated } });
  }
  return similarityTable.parse(table);
}

/** Why a text holds no table; null when it does. */
export function tableFault(text: string): string | null {
  try {
    readTable(text);
    return null;
  } catch (error) {
    return (error as Error).message.replace(/^.*\n/, '').trim();
  }
}

function standIn(written: string, instead: string): { without_embeddings: string } {
  if (instead === 'cosine') throw fault(written, 'cosine cannot stand in for itself');
  return { without_embeddings: instead };
}

/** Another mark for the metric that a category has already keeps what stands in for it. */
function builtIn(category: string, metric: string): object {
  const entry = defaultCategories[category.trim().toLowerCase()];
  const { without_embeddings } = entry ?? {};
  return entry?.metric === metric && without_embeddings !== undefined ? { without_embeddings } : {};
}

const fault = (written: string, problem: string): AssayError =>
  new AssayError('config_invalid', { problem: `similarity_table, entry ${JSON.stringify(written)}: ${problem}` });

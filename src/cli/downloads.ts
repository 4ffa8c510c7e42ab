/** Tells what has to be fetched before models can run: sizes and licences of those that are not on this machine yet. */

import type { Config } from '../config.ts';
import type { ModelSpec } from '../contracts/models.ts';
import { hasModelFile } from '../engines/download/model-file.ts';
import type { Client } from './client.ts';
import { bytes, table } from './text.ts';

/** Lines to be shown before the models `ids` run; none when everything is there. */
export async function downloadLines(ids: string[], by: { client: Client; config: Config }): Promise<string[]> {
  const { data } = await by.client.ask<{ data: ModelSpec[] }>('/admin/models');
  const missing: ModelSpec[] = [];
  for (const spec of data.filter((model) => ids.includes(model.id))) {
    if (spec.engine === 'llama-server' && !(await hasModelFile(spec, by.config.cache))) missing.push(spec);
  }
  if (missing.length === 0) return [];
  const sum = missing.reduce((total, spec) => total + (spec.bytes ?? 0), 0);
  const rows = missing.map((spec) => [
    `  ${spec.id}`,
    spec.bytes === undefined ? '? MB' : bytes(spec.bytes),
    spec.license ?? 'licence not stated',
    spec.source ?? '',
  ]);
  return [`To be fetched into ${by.config.cache}, once (${bytes(sum)}):`, ...table(rows, 120)];
}

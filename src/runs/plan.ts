/** Settles what a new run is: the version, its items, the template and the parameters, all as they will be kept. */

import type { PoolClient } from 'pg';
import type { ContextStrategy } from '../contracts/context.ts';
import type { LlmJudge } from '../contracts/judging.ts';
import type { NewRun } from '../contracts/runs.ts';
import { splitPath } from '../datasets/field-path.ts';
import { idText, newestVersion, type Version } from '../datasets/version-items.ts';
import { AssayError } from '../errors.ts';
import { missingColumn, parseTemplate, type Template } from '../prompts/template.ts';
import { chooseItems } from './choose-items.ts';
import type { RunDeps, VersionOf } from './deps.ts';
import type { RequestForm } from './render-request.ts';

/** What made a run, in the column `settings`. */
export interface RunSettings {
  params: Record<string, unknown>;
  template: string | null;
  template_id: string | null;
  limit: number | null;
  sample: number | null;
  seed: number;
  priority: number;
  /** How a prompt that does not fit is shortened; null: it fails. Absent in runs made before there was a choice. */
  context?: ContextStrategy | null;
  /** Whether answers of earlier runs are taken over. Absent in runs made before there was a choice. */
  reuse?: boolean;
  /** Who judges the answers while the run is going; null: nobody. Absent in runs made before there was a choice. */
  llm_judge?: LlmJudge | null;
  /** Name of the column in the grid; null: the model's id. */
  column: string | null;
  /** The model that is asked; set at the start. */
  model?: string;
  /** item_ids that stand as examples in the template, and so are not asked. */
  example_items: string[];
  /** USD a million tokens at the start, as the model states it. */
  price?: object | null;
}

/** A run without its model. `items` are ordinals in the order of the batch's lines; null is all of the version. */
export interface RunPlan extends VersionOf {
  items: number[] | null;
  total: number;
  settings: RunSettings;
}

/** @throws AssayError not_found, template_column_missing, input_invalid (the template), conflict (no item, too many) */
export async function planRun(deps: RunDeps, userId: string, asked: NewRun): Promise<RunPlan> {
  return deps.db.asUser(userId, async (q) => {
    const version = await newestVersion(q, userId, asked.dataset_id);
    const stored = asked.template_id === undefined ? null : await storedTemplate(q, asked.template_id);
    const text = asked.template ?? stored?.text ?? null;
    if (text !== null) await checkColumns(q, parseTemplate('The template', text), version);
    const examples = stored?.example_items ?? [];
    const items = chooseItems({
      items: version.items,
      excluded: await ordinalsOf(q, version.versionId, examples),
      limit: asked.limit ?? null,
      sample: asked.sample ?? null,
      seed: asked.seed,
    });
    const total = items?.length ?? version.items;
    checkTotal(asked.dataset_id, total, deps.limits.maxRequests);
    const settings: RunSettings = {
      params: asked.params,
      template: text,
      template_id: asked.template_id ?? null,
      limit: asked.limit ?? null,
      sample: asked.sample ?? null,
      seed: asked.seed,
      priority: asked.priority,
      context: asked.context ?? null,
      reuse: asked.reuse ?? false,
      llm_judge: asked.llm_judge?.enabled ? asked.llm_judge : null,
      column: asked.column ?? null,
      example_items: examples,
    };
    return {
      userId,
      datasetId: version.datasetId,
      versionId: version.versionId,
      items: items === null ? null : [...items],
      total,
      settings,
    };
  });
}

/** How the items of a run become requests. */
export async function formOf(q: PoolClient, plan: RunPlan): Promise<RequestForm> {
  const { template, params } = plan.settings;
  const { rows } = await q.query<{ format: string }>('select format from dataset_versions where version_id = $1', [
    plan.versionId,
  ]);
  return {
    template: template === null ? null : parseTemplate('The template', template),
    params,
    stated: rows[0]?.format === 'jsonl',
  };
}

/** The list of a version's fields leaves out empty ones and the last of very many, so what it lacks is looked for in the items. */
async function checkColumns(q: PoolClient, template: Template, version: Version): Promise<void> {
  const known = version.columns.flatMap(({ path }) => {
    const steps = splitPath(path);
    return steps.length === 1 ? [path, ...steps] : [path];
  });
  for (const column of template.columns.filter((name) => !known.includes(name))) {
    const { rows } = await q.query<{ there: boolean }>(
      `select exists (select from items where version_id = $1 and (input::jsonb ? $2 or input #> $3 is not null)) as there`,
      [version.versionId, column, splitPath(column)],
    );
    if (rows[0]!.there) known.push(column);
  }
  const missing = missingColumn(template, known);
  if (missing !== null) throw missing;
}

async function storedTemplate(q: PoolClient, id: string): Promise<{ text: string; example_items: string[] }> {
  const { rows } = await q.query<{ text: string; example_items: string[] }>(
    'select text, example_items from templates where template_id = $1',
    [idText(id)],
  );
  if (rows[0] === undefined) {
    throw new AssayError('not_found', { kind: 'template', id, list: '/admin/templates' }, { param: 'template_id' });
  }
  return rows[0];
}

async function ordinalsOf(q: PoolClient, versionId: string, itemIds: string[]): Promise<Set<number>> {
  if (itemIds.length === 0) return new Set();
  const { rows } = await q.query<{ ordinal: number }>(
    'select ordinal from items where version_id = $1 and item_id = any ($2)',
    [versionId, itemIds],
  );
  return new Set(rows.map((row) => row.ordinal));
}

function checkTotal(datasetId: string, total: number, most: number): void {
  if (total === 0) {
    throw new AssayError('conflict', {
      what: `Dataset ${datasetId} has no item left to run: all stand as examples in the template`,
      remedy: 'Take another template, or other examples.',
    });
  }
  if (total > most) {
    throw new AssayError('conflict', {
      what: `The run would have ${total} requests; at most ${most} are taken`,
      remedy: 'Give a limit or a sample, or raise ASSAY_RUN_MAX_REQUESTS.',
    });
  }
}

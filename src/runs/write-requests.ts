/** Renders the requests of a run for one model as the JSONL input of its batch, page by page onto the disk. */

import { itemsOf, type VersionItem } from '../datasets/version-items.ts';
import { type Staged, stage } from '../files/store.ts';
import type { RunDeps } from './deps.ts';
import { formOf, type RunPlan } from './plan.ts';
import { itemFault, type RequestForm, renderRequest } from './render-request.ts';

/** The input on disk, and the endpoint that all its lines name. The same run gives the same bytes. */
export interface StagedRequests {
  staged: Staged;
  endpoint: string;
}

/** @throws AssayError input_unreadable that names the item, payload_too_large, disk_full; nothing stays then */
export async function stageRequests(deps: RunDeps, plan: RunPlan, model: string): Promise<StagedRequests> {
  const { limits } = deps;
  const found: { endpoint: string | null } = { endpoint: null };
  const staged = await deps.db.asUser(plan.userId, async (q) => {
    const form = await formOf(q, plan);
    const pages = itemsOf(q, plan.versionId, plan.items);
    const pieces = async function* () {
      for await (const page of pages) {
        const lines = page.map((item) => requestLine(item, { form, model, found, longest: limits.lineMaxBytes }));
        yield Buffer.from(lines.join(''));
      }
    };
    return stage(deps.store, pieces(), {
      maxBytes: limits.maxBytes,
      what: "The run's input",
      setting: 'ASSAY_BATCH_MAX_BYTES',
    });
  });
  return { staged, endpoint: found.endpoint! };
}

function requestLine(
  item: VersionItem,
  on: { form: RequestForm; model: string; found: { endpoint: string | null }; longest: number },
): string {
  const { url, body } = renderRequest(item, on.form);
  on.found.endpoint ??= url;
  if (url !== on.found.endpoint) {
    const problem = `its url ${url} differs from ${on.found.endpoint} of the items before; a run has one endpoint`;
    throw itemFault(item, problem);
  }
  const line = JSON.stringify({ custom_id: item.itemId, method: 'POST', url, body: { ...body, model: on.model } });
  if (line.length * 3 > on.longest && Buffer.byteLength(line) > on.longest) {
    const problem = `its request is ${Buffer.byteLength(line)} bytes long; at most ${on.longest} are taken, raise ASSAY_LINE_MAX_BYTES`;
    throw itemFault(item, problem);
  }
  return `${line}\n`;
}

/** What made a run, in a few words. */

import type { RunObject } from '../../../src/contracts/runs.ts';
import { countText } from '../grid/cell-text.ts';

export const statusNames: Record<RunObject['status'], string> = {
  queued: 'queued',
  running: 'running',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
  expired: 'expired',
  imported: 'imported',
};

/** "first 100", "random 50 (seed 7)", "t = 0", "max 256 tokens", "template", "schema", "earlier answers taken over", the file of an import. */
export function madeBy({ settings, source }: Pick<RunObject, 'settings' | 'source'>): string[] {
  if (source === 'import') return typeof settings.filename === 'string' ? [settings.filename] : [];
  const params = (settings.params ?? {}) as Record<string, unknown>;
  return [
    typeof settings.limit === 'number' ? `first ${countText(settings.limit)}` : null,
    typeof settings.sample === 'number' ? `random ${countText(settings.sample)} (seed ${String(settings.seed)})` : null,
    typeof params.temperature === 'number' ? `t = ${params.temperature}` : null,
    typeof params.max_tokens === 'number' ? `max ${countText(params.max_tokens)} tokens` : null,
    params.response_format === undefined ? null : 'schema',
    settings.template ? 'template' : null,
    settings.reuse ? 'earlier answers taken over' : null,
  ].filter((text) => text !== null);
}

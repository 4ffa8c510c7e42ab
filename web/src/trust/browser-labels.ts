/** The labels of this page on their way to the server; what a page could not have kept, the next one sends. */

import { useSyncExternalStore } from 'react';
import type { LabelKept } from '../../../src/contracts/trust.ts';
import { ApiError, address, deleteJson, messageOf, postJson } from '../api/client.ts';
import { remember, remembered } from '../app/remember.ts';
import { type LabelProgress, labelOutbox, type SentLabel, type Unsaved } from './label-outbox.ts';

const kept = 'labels-unsaved';
const labels = '/api/evaluation/labels';

type Saved = (unsaved: Unsaved, progress: LabelProgress | null) => void;
const listeners = new Set<Saved>();

/** `listener` hears of every label that the server has kept or taken back. */
export function onSaved(listener: Saved): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What passes by itself: the server is away or busy, or waits for a key. */
const passing = (status: number) => status === 0 || status === 401 || status === 408 || status === 429 || status >= 500;

export const outbox = labelOutbox({
  left: Object.values(remembered<Record<string, Unsaved>>(kept, {})),
  send: async (label) => (await postJson<LabelKept>(labels, label)).progress,
  takeBack: async (label) => (await deleteJson<LabelKept>(address(labels, placeOf(label)))).progress,
  meaning(error) {
    const status = error instanceof ApiError ? error.status : 0;
    return { problem: messageOf(error), kind: passing(status) ? 'away' : status === 404 ? 'gone' : 'refused' };
  },
  keep(key, unsaved) {
    const { [key]: _, ...others } = remembered<Record<string, Unsaved>>(kept, {});
    remember(kept, unsaved === null ? others : { ...others, [key]: unsaved });
  },
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  saved(unsaved, progress) {
    for (const listener of listeners) listener(unsaved, progress);
  },
});

/** What names a label that is taken back. */
function placeOf({ benchmark_id, other_benchmark_id, candidate_id, labeller }: SentLabel) {
  return { benchmark_id, other_benchmark_id, candidate_id, labeller };
}

export const useUnsaved = () => useSyncExternalStore(outbox.subscribe, outbox.list);

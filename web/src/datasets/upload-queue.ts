/** Uploads of datasets, one after the other; they go on while other pages are looked at. */

import type { DatasetObject } from '../../../src/contracts/datasets.ts';
import { type UploadPace, uploadMeter } from './upload-meter.ts';

export type UploadedDataset = DatasetObject & { duplicate_of: string | null };

/** waiting for its turn; sending; reading: sent, and the server reads it; done; failed. */
export type UploadStage = 'waiting' | 'sending' | 'reading' | 'done' | 'failed';

export interface Upload extends UploadPace {
  key: number;
  file: File;
  /** The dataset that it is a new version of. */
  versionOf: string | null;
  stage: UploadStage;
  sent: number;
  error: unknown;
  result: UploadedDataset | null;
}

/** `send` resolves with the server's answer and calls `onProgress` with the share sent, 0 to 1. */
export interface UploadQueueOptions {
  send: (upload: Upload, on: { onProgress: (share: number) => void; signal: AbortSignal }) => Promise<UploadedDataset>;
  now: () => number;
}

export interface UploadQueue {
  list: () => readonly Upload[];
  subscribe: (listener: () => void) => () => void;
  add: (files: readonly File[], versionOf?: string | null) => void;
  /** Stops it when it runs, and takes it off the list. */
  remove: (key: number) => void;
  retry: (key: number) => void;
}

export function uploadQueue({ send, now }: UploadQueueOptions): UploadQueue {
  let uploads: readonly Upload[] = [];
  let nextKey = 1;
  let running: { key: number; stop: AbortController } | null = null;
  const listeners = new Set<() => void>();

  const set = (next: readonly Upload[]) => {
    uploads = next;
    for (const listener of listeners) listener();
  };
  const change = (key: number, part: Partial<Upload>) =>
    set(uploads.map((upload) => (upload.key === key ? { ...upload, ...part } : upload)));

  const run = async (upload: Upload) => {
    const stop = new AbortController();
    running = { key: upload.key, stop };
    const pace = uploadMeter(upload.file.size);
    change(upload.key, { stage: 'sending', sent: 0, error: null, ...pace(0, now()) });
    const onProgress = (share: number) => {
      const sent = Math.round(share * upload.file.size);
      change(upload.key, { stage: share >= 1 ? 'reading' : 'sending', sent, ...pace(sent, now()) });
    };
    try {
      const result = await send(upload, { onProgress, signal: stop.signal });
      change(upload.key, { stage: 'done', sent: upload.file.size, result });
    } catch (error) {
      change(upload.key, { stage: 'failed', error });
    }
    running = null;
    next();
  };
  const next = () => {
    const waiting = running ? undefined : uploads.find(({ stage }) => stage === 'waiting');
    if (waiting) void run(waiting);
  };

  return {
    list: () => uploads,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    add(files, versionOf = null) {
      const added = files.map((file) => ({ ...nothingSent, key: nextKey++, file, versionOf }));
      set([...uploads, ...added]);
      next();
    },
    remove(key) {
      if (running?.key === key) running.stop.abort();
      set(uploads.filter((upload) => upload.key !== key));
    },
    retry(key) {
      change(key, nothingSent);
      next();
    },
  };
}

const nothingSent = {
  stage: 'waiting',
  sent: 0,
  error: null,
  result: null,
  bytesPerSecond: null,
  secondsLeft: null,
} as const;

/** The uploads of this page. */

import { useSyncExternalStore } from 'react';
import { uploadForm } from '../api/transfer.ts';
import { type UploadedDataset, uploadQueue } from './upload-queue.ts';

export const uploads = uploadQueue({
  now: () => performance.now(),
  send({ file, versionOf }, on) {
    const form = new FormData();
    if (versionOf !== null) form.set('dataset_id', versionOf);
    form.set('file', file);
    return uploadForm<UploadedDataset>('/admin/datasets/upload', form, on);
  },
});

export const useUploads = () => useSyncExternalStore(uploads.subscribe, uploads.list);

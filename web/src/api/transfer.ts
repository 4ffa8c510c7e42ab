/** Moves files between the page and the server: uploads with progress, downloads that carry the key. */

import { ApiError, address, authorization, type Query, refused, unreachable } from './client.ts';
import { apiKey } from './key.ts';

export interface UploadOptions {
  /** Called with the share sent, 0 to 1. */
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
}

/** Sends a form; fields have to stand before the file in it. */
export function uploadForm<T>(at: string, form: FormData, { onProgress, signal }: UploadOptions = {}): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', at);
    for (const [name, value] of Object.entries(authorization())) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => event.lengthComputable && onProgress?.(event.loaded / event.total);
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(new ApiError('The upload was stopped.', { status: 0, code: 'aborted' }));
    request.onload = () => {
      if (request.status < 200 || request.status > 299) return reject(refused(request.status, request.responseText));
      resolve(JSON.parse(request.responseText) as T);
    };
    signal?.addEventListener('abort', () => request.abort(), { once: true });
    request.send(form);
  });
}

/** Has the browser save what the server streams; without a key it goes straight to disk. */
export async function download(at: string, query: Query | URLSearchParams, filename: string): Promise<void> {
  const from = address(at, query);
  if (apiKey() === null) return save(from, filename);
  const response = await fetch(from, { headers: authorization() });
  if (!response.ok) throw refused(response.status, await response.text());
  const url = URL.createObjectURL(await response.blob());
  save(url, filename);
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function save(url: string, filename: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = filename;
  document.body.append(link);
  link.click();
  link.remove();
}

/** Puts a file into the workbench as a dataset. */

import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { Client } from './client.ts';
import { bytesOf } from './judge-import.ts';

/** The id of the dataset; the same content gives the same one. @throws AssayError input_unreadable, input_invalid */
export async function uploadDataset(client: Client, path: string): Promise<string> {
  const file = { path, bytes: await bytesOf(path), filename: basename(path), idempotencyKey: randomUUID() };
  return (await client.upload({ ...file, to: '/admin/datasets/upload' })).id;
}

/** Files and rows for the tests of the readers. */

import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type ReadOptions, readRows } from '../../src/datasets/read-rows.ts';
import type { Row } from '../../src/datasets/row.ts';
import { AssayError } from '../../src/errors.ts';

const folder = mkdtempSync(join(inject('scratch'), 'datasets-'));

/** Writes a file into the folder of these tests and gives its path. */
export function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A path in the folder of these tests. */
export const pathOf = (name: string): string => join(folder, name);

/** All rows of a file. */
export async function rowsOf(file: string, options: Partial<ReadOptions> = {}): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of readRows(file, { maxLineBytes: 100_000, ...options })) rows.push(row);
  return rows;
}

/** The values of all rows of a file. */
export const valuesOf = async (file: string, options: Partial<ReadOptions> = {}): Promise<unknown[]> =>
  (await rowsOf(file, options)).map((row) => row.values);

/** The AssayError that `work` throws. */
export async function faultOf(work: () => Promise<unknown>): Promise<AssayError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof AssayError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Writes the batch input of one job to a temporary file, counting and hashing on the way. */

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { InputFormat } from '../datasets/read-rows.ts';
import { newTally, type RequestTally, requestLines } from '../datasets/to-requests.ts';
import { AssayError } from '../errors.ts';
import type { Template } from '../prompts/template.ts';

/** One input to be run through one model. */
export interface Job {
  /** Name shown and used in the names of the files; the model's id unless two jobs share a model. */
  label: string;
  model: string;
  /** Absolute path of the input. */
  input: string;
  /** Prompt template, where the input is a table or needs one. */
  template?: Template;
  /** Endpoint of every request; when absent batch lines keep their own and the rest is chat. */
  endpoint?: string;
  /** Body fields of requests that do not state them (temperature, max_tokens, …). */
  params: Record<string, unknown>;
  /** Rows to take from the start of the input. */
  limit?: number;
  /** Column or field that gives the custom_id. */
  idColumn?: string;
  /** Format of the input and delimiter of a CSV, when stated. */
  format?: InputFormat;
  delimiter?: string;
}

/** A job's input, ready to be sent. */
export interface Prepared {
  path: string;
  filename: string;
  bytes: number;
  rows: number;
  endpoint: string;
  /** Names the same work again: sha256 of the requests, the endpoint and the model. */
  identity: string;
  tally: RequestTally;
}

export interface PrepareOptions {
  /** Where to write. */
  path: string;
  maxLineBytes: number;
  /** Kept up to date while the input is read. */
  tally?: RequestTally;
  signal?: AbortSignal;
}

const blockBytes = 256 * 1024;

/** Writes the requests of `job`. Throws what the reader of the input throws, input_unreadable when it holds no rows. */
export async function prepare(job: Job, options: PrepareOptions): Promise<Prepared> {
  const hash = createHash('sha256');
  const tally = options.tally ?? newTally();
  let bytes = 0;
  let endpoint = '';
  async function* blocks(): AsyncGenerator<Buffer> {
    let pending = '';
    let rows = 0;
    const encode = (): Buffer => {
      const block = Buffer.from(pending);
      hash.update(block);
      bytes += block.length;
      pending = '';
      return block;
    };
    for await (const line of linesOf(job, { ...options, tally })) {
      if (endpoint === '') endpoint = (JSON.parse(line) as { url: string }).url;
      pending += `${line}\n`;
      rows += 1;
      if (pending.length > blockBytes) yield encode();
      if (rows === job.limit) break;
    }
    if (pending !== '') yield encode();
  }
  await pipeline(Readable.from(blocks()), createWriteStream(options.path), { signal: options.signal });
  if (bytes === 0) throw new AssayError('input_unreadable', { file: job.input, problem: 'it holds no rows' });
  const identity = createHash('sha256')
    .update(`${hash.digest('hex')}\n${endpoint}\n${job.model}`)
    .digest('hex');
  const filename = `${inputName(job.input)}.jsonl`;
  return { path: options.path, filename, bytes, rows: tally.rows, endpoint, identity, tally };
}

/** Throws what is wrong with the input, its columns or its first row, before anything is started for it. */
export async function checkInput(job: Job, maxLineBytes: number): Promise<void> {
  for await (const _ of linesOf(job, { maxLineBytes })) return;
}

/** The input's file name without its ending. */
export const inputName = (input: string): string => basename(input).replace(/\.[^.]+$/, '');

function linesOf(job: Job, options: Omit<PrepareOptions, 'path'>): AsyncIterable<string> {
  return requestLines({
    file: job.input,
    model: job.model,
    maxLineBytes: options.maxLineBytes,
    params: job.params,
    template: job.template,
    endpoint: job.endpoint,
    idColumn: job.idColumn,
    format: job.format,
    delimiter: job.delimiter,
    tally: options.tally,
  });
}

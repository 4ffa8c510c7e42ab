/** Reads a multipart form with one file: the file goes to the disk as it comes, fields may stand before or after it. */

import type { MultipartFile, MultipartValue } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { AssayError } from '../errors.ts';
import { discard, type FileStore, type Staged, type StageOptions, stage } from '../files/store.ts';

/** Longest value of a field, in bytes. */
const FIELD_MAX_BYTES = 64 * 1024;

export interface Form {
  /** Text fields; brackets in names make objects: `expires_after[seconds]`. */
  fields: Record<string, unknown>;
  filename: string;
  staged: Staged;
}

/**
 * Reads the form of a request whose file part is called `part`.
 * @throws AssayError invalid_parameter, invalid_body, unsupported_media_type, payload_too_large, disk_full; nothing
 * stays on the disk then, nor when the client goes away
 */
export async function readForm(
  request: FastifyRequest,
  part: string,
  to: { store: FileStore; limit: StageOptions },
): Promise<Form> {
  const fields: Record<string, unknown> = {};
  const files: { filename: string; staged: Staged }[] = [];
  try {
    for await (const item of request.parts(formOptions(part))) {
      if (item.type === 'field') addField(fields, item);
      else if (item.fieldname !== part || files.length > 0) throw unexpected(item);
      else files.push({ filename: safeName(item.filename), staged: await stage(to.store, item.file, to.limit) });
    }
    const file = files[0];
    if (!file) throw missing(part);
    return { fields, ...file };
  } catch (error) {
    for (const file of files) await discard(file.staged);
    throw readable(error);
  }
}

/** The parser's complaints about the form's syntax come as bare errors; everything else has a code or a class. */
function readable(error: unknown): unknown {
  const bare = error instanceof Error && error.constructor === Error && !('code' in error);
  return bare ? new AssayError('invalid_body', { problem: error.message }, { cause: error }) : error;
}

const formOptions = (part: string) => ({
  // A file part without a file name is still the file.
  isPartAFile: (field: string | undefined, type: string | undefined, filename: string | undefined) =>
    filename !== undefined || field === part || type === 'application/octet-stream',
  limits: { fileSize: Number.POSITIVE_INFINITY, fieldSize: FIELD_MAX_BYTES, fields: 50, parts: 60, files: 2 },
  throwFileSizeLimit: false,
});

function addField(fields: Record<string, unknown>, item: MultipartValue): void {
  if (item.valueTruncated) {
    throw new AssayError('invalid_body', {
      problem: `the field ${item.fieldname} is longer than ${FIELD_MAX_BYTES} bytes`,
    });
  }
  const match = /^([^[\]]+)\[([^[\]]+)\]$/.exec(item.fieldname);
  if (!match) {
    fields[item.fieldname] = item.value;
    return;
  }
  const outer = match[1]!;
  const held = fields[outer];
  fields[outer] = { ...(typeof held === 'object' ? held : {}), [match[2]!]: item.value };
}

/**
 * The name a client gave, without folders and control characters, at most 255 characters. A quote comes as %22
 * (WHATWG HTML, multipart/form-data encoding).
 */
function safeName(name: string | undefined): string {
  const last = (name ?? '').split(/[/\\]/).at(-1)!.replaceAll('%22', '"');
  return last.replaceAll(/[\x00-\x1f\x7f]/g, '').slice(0, 255) || 'upload';
}

const unexpected = (item: MultipartFile) =>
  new AssayError(
    'invalid_parameter',
    { param: item.fieldname, problem: 'the form takes one file part', value: item.filename ?? '' },
    { param: item.fieldname },
  );

const missing = (part: string) =>
  new AssayError(
    'invalid_parameter',
    { param: part, problem: `the form must have a file part called "${part}"`, value: 'nothing' },
    { param: part },
  );

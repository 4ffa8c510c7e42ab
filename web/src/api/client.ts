/** Asks the server: JSON in and out, the types taken from the contracts, errors with the server's own message. */

import { apiKey, askForKey } from './key.ts';

/** What the server (or the network) said went wrong. `status` is 0 when no answer came. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly param: string | null;

  constructor(message: string, about: { status: number; code: string; param?: string | null }) {
    super(message);
    this.name = 'ApiError';
    this.status = about.status;
    this.code = about.code;
    this.param = about.param ?? null;
  }
}

export type Query = Record<string, string | number | boolean | readonly string[] | null | undefined>;

/** How a request is sent; `query` drops null, undefined and empty lists, and repeats lists. */
export interface Sent {
  query?: Query | URLSearchParams | undefined;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

export const getJson = <T>(path: string, sent: Omit<Sent, 'body'> = {}) => ask<T>('GET', path, sent);
export const postJson = <T>(path: string, body?: unknown, sent: Omit<Sent, 'body'> = {}) =>
  ask<T>('POST', path, { ...sent, body });
export const putJson = <T>(path: string, body: unknown) => ask<T>('PUT', path, { body });
export const patchJson = <T>(path: string, body: unknown) => ask<T>('PATCH', path, { body });
export const deleteJson = <T>(path: string, body?: unknown) => ask<T>('DELETE', path, { body });

/** Path with its parts encoded: `path\`/admin/datasets/${id}\``. */
export function path(parts: TemplateStringsArray, ...values: string[]): string {
  return parts.reduce((all, part, i) => all + encodeURIComponent(values[i - 1]!) + part);
}

/** The address with its query. */
export function address(at: string, query?: Query | URLSearchParams): string {
  const text = query === undefined ? '' : (query instanceof URLSearchParams ? query : searchOf(query)).toString();
  return text === '' ? at : `${at}?${text}`;
}

function searchOf(query: Query): URLSearchParams {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '') continue;
    for (const each of Array.isArray(value) ? value : [value]) params.append(name, String(each));
  }
  return params;
}

export function authorization(): Record<string, string> {
  const key = apiKey();
  return key === null ? {} : { authorization: `Bearer ${key}` };
}

async function ask<T>(method: string, at: string, { query, body, signal }: Sent): Promise<T> {
  const response = await fetch(address(at, query), {
    method,
    headers: { ...authorization(), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  }).catch((error: unknown) => {
    throw signal?.aborted ? error : unreachable();
  });
  if (!response.ok) throw refused(response.status, await response.text());
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

export function unreachable(): ApiError {
  return new ApiError('The server does not answer. It may be starting; this page goes on by itself once it is back.', {
    status: 0,
    code: 'unreachable',
  });
}

/** The error of an answer with this status and body. */
export function refused(status: number, text: string): ApiError {
  if (status === 401) askForKey();
  const error = errorIn(text);
  return new ApiError(error?.message ?? `The server answered with status ${status}.`, {
    status,
    code: error?.code ?? `status_${status}`,
    param: error?.param ?? null,
  });
}

function errorIn(text: string): { message: string; code?: string; param?: string | null } | null {
  try {
    return (JSON.parse(text) as { error?: { message: string; code?: string; param?: string | null } }).error ?? null;
  } catch {
    return null;
  }
}

/** One sentence for a person, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

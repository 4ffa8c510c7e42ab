/** Sends one request to a Label Studio, and again while nothing of it can have been done there. */

import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { AssayError } from '../../../errors.ts';

/** Where a Label Studio is, without "/" at its end; `timeoutMs` is for one try. */
export interface Place {
  baseUrl: string;
  timeoutMs: number;
  tries: number;
}

export interface Call {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Begins with "/api/"; with its query. */
  path: string;
  /** Sent as JSON. */
  body?: unknown;
  /** What is asked, for messages. */
  what: string;
  /** Whether it does no harm twice; when absent: all but POST. */
  harmless?: boolean;
}

export interface Answer {
  status: number;
  text: string;
  /** undefined: what came is not JSON. */
  json: unknown;
  /** Where it sends the caller, of an answer 3xx. */
  location: string | null;
  /** Milliseconds to wait, as it asks for; null: it does not. */
  waitMs: number | null;
}

/** No answer came. `sent`: the request may have been acted on. */
interface Lost {
  problem: string;
  sent: boolean;
  late: boolean;
}

/** Pause before the second try, doubled before each further one up to the longest. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8000;
/** Faults of a connection that was never made. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_INVALID_URL',
]);

/** What must not be done twice gets a connection of its own: one kept open may be closed just as it is used, and then nobody knows. */
const oneConnectionEach = new Agent({ pipelining: 0 });
const keptConnections = new Agent({ keepAliveTimeout: 4000 });

/**
 * What Label Studio answers, whatever its status below 500.
 * @throws AssayError label_studio_unreachable: no answer, or one of 500 and above, after all tries that may be made
 */
export async function sendCall(place: Place, call: Call, authorization: string | null): Promise<Answer> {
  for (let tried = 1; ; tried += 1) {
    const outcome = await sendOnce(place, call, authorization);
    const pause = pauseAfter(outcome, call, tried);
    if (pause === null || tried >= place.tries) return settled(place, outcome);
    await sleep(Math.min(pause, LONGEST_PAUSE_MS));
  }
}

async function sendOnce(place: Place, call: Call, authorization: string | null): Promise<Answer | Lost> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (authorization !== null) headers.authorization = authorization;
  if (call.body !== undefined) headers['content-type'] = 'application/json';
  try {
    const {
      statusCode,
      headers: got,
      body,
    } = await request(`${place.baseUrl}${call.path}`, {
      method: call.method,
      headers,
      body: call.body === undefined ? null : JSON.stringify(call.body),
      dispatcher: isHarmless(call) ? keptConnections : oneConnectionEach,
      signal: AbortSignal.timeout(place.timeoutMs),
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const text = await body.text();
    const seconds = Number(got['retry-after']);
    return {
      status: statusCode,
      text,
      json: asJson(text),
      location: typeof got.location === 'string' ? got.location : null,
      waitMs: Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null,
    };
  } catch (error) {
    return lost(error, place);
  }
}

const isHarmless = (call: Call): boolean => call.harmless ?? call.method !== 'POST';

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lost(error: unknown, place: Place): Lost {
  const { code, name, message } = error as NodeJS.ErrnoException;
  if (name === 'TimeoutError') return { problem: `no answer within ${place.timeoutMs} ms`, sent: true, late: true };
  // An address that resolves to several leaves the message empty.
  const problem = [message || name, code].filter((part) => part && part !== '').join(', ');
  return { problem, sent: !NOT_SENT.has(code ?? ''), late: false };
}

/** Milliseconds to the next try; null: there must be none. */
function pauseAfter(outcome: Answer | Lost, call: Call, tried: number): number | null {
  const pause = FIRST_PAUSE_MS * 2 ** Math.min(tried - 1, 10);
  if ('sent' in outcome) {
    if (!outcome.sent) return pause;
    return isHarmless(call) && !outcome.late ? pause : null;
  }
  if (outcome.status === 429) return outcome.waitMs ?? pause;
  if (outcome.status >= 500 && isHarmless(call)) return outcome.waitMs ?? pause;
  return null;
}

function settled(place: Place, outcome: Answer | Lost): Answer {
  if ('sent' in outcome) {
    throw new AssayError('label_studio_unreachable', { url: shownUrl(place), problem: outcome.problem });
  }
  if (outcome.status < 500) return outcome;
  const problem = `it answers ${outcome.status}: ${detailOf(outcome)}`;
  throw new AssayError('label_studio_unreachable', { url: shownUrl(place), problem });
}

/** The address for messages, without a user name and password that may stand in it. */
export function shownUrl(place: { baseUrl: string }): string {
  return place.baseUrl.replace(/\/\/[^/@]*@/, '//');
}

/** Characters of a foreign message that are shown. */
const SHOWN = 600;

/** Why it did not do it, in its own words. */
export function detailOf({ json, text }: Pick<Answer, 'json' | 'text'>): string {
  if (json === undefined) return /<html|<!doctype/i.test(text) ? 'an HTML page' : text.slice(0, SHOWN) || 'nothing';
  const said = problemsIn(json) ?? JSON.stringify(json);
  // It stands within a sentence.
  return said.slice(0, SHOWN).replace(/\.$/, '');
}

/** The list of faults, or else the sentence, of Label Studio's body of an error; null: there is none. */
function problemsIn(json: unknown): string | null {
  if (typeof json !== 'object' || json === null) return null;
  const { detail, validation_errors: faults } = json as { detail?: unknown; validation_errors?: unknown };
  if (typeof faults === 'object' && faults !== null) return faultsOf(faults);
  return typeof detail === 'string' ? detail : faultsOf(json);
}

/** `{title: ["is too long"]}` as "title: is too long". */
export function faultsOf(faults: unknown): string {
  if (typeof faults !== 'object' || faults === null) return String(faults);
  if (Array.isArray(faults)) return faults.map(faultsOf).join('; ');
  return Object.entries(faults)
    .map(([name, fault]) => (name === 'non_field_errors' ? faultsOf(fault) : `${name}: ${faultsOf(fault)}`))
    .join('; ');
}

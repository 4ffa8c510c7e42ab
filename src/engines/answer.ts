/** Reads one HTTP answer of an engine as it comes, streamed or not, and tells at its end what it is. */

import { EngineFailure } from '../contracts/engine.ts';
import { assemblerFor } from './assemble.ts';
import { errorStatus, normaliseError, retryAfter, statusKind } from './classify.ts';
import { isObject, type Json } from './json.ts';
import { readStream, type StreamReading } from './stream.ts';
import type { AnswerForm } from './wire.ts';

type Headers = Record<string, string | string[] | undefined>;

/** `firstTokenAt`: performance.now() of the first piece of text; null when the answer was not streamed. */
export interface ReadAnswer {
  status: number;
  body: Json;
  requestId: string;
  firstTokenAt: number | null;
}

export interface AnswerReading {
  begin(status: number, headers: Headers): void;
  data(bytes: Buffer): void;
  /** Whether all of a streamed answer came, so that a connection broken now does no harm. */
  complete(): boolean;
  /** The final answer. @throws EngineFailure when there is none */
  end(): ReadAnswer;
}

const forms = new Map<string, AnswerForm>();

/** The form of answers in OpenAI's language, of one of its paths. */
export function openAiForm(path: string): AnswerForm {
  let form = forms.get(path);
  if (form === undefined) {
    form = {
      path,
      streams: (type) => type.startsWith('text/event-stream'),
      openStream: () => readStream({ assembler: assemblerFor(path) }),
      whole: (body) => (looksWhole(path, body) ? body : null),
    };
    forms.set(path, form);
  }
  return form;
}

/** Reads an answer; its model field will say `modelId`. */
export function readAnswer(form: AnswerForm, modelId: string): AnswerReading {
  let status = 0;
  let headers: Headers = {};
  let stream: StreamReading | null = null;
  const parts: Buffer[] = [];

  const good = (body: Json, firstTokenAt: number | null): ReadAnswer => {
    body.model = modelId;
    return { status, body, requestId: requestIdOf(headers, body), firstTokenAt };
  };
  const streamed = (reading: StreamReading, firstTokenAt: number | null): ReadAnswer => {
    const body = reading.error() === null ? reading.whole() : null;
    const error = reading.error();
    return body === null || error !== null ? errorInside(error ?? {}, headers) : good(body, firstTokenAt);
  };

  return {
    begin(code, given) {
      status = code;
      headers = given;
      const type = given['content-type'];
      if (code === 200 && typeof type === 'string' && form.streams(type)) stream = form.openStream();
    },
    data(bytes) {
      if (stream === null) parts.push(bytes);
      else stream.push(bytes);
    },
    complete: () => stream?.complete() === true,
    end() {
      if (stream !== null) return streamed(stream, stream.firstTokenAt());
      const text = (parts.length === 1 ? parts[0]! : Buffer.concat(parts)).toString('utf8');
      if (status < 200 || status >= 300) return notGood(status, text, headers);
      if (text.startsWith('data:') || text.startsWith('event:') || text.startsWith(': ')) {
        const late = form.openStream();
        late.push(Buffer.from(text));
        return streamed(late, null);
      }
      const body = parseWhole(text, headers);
      const answer = form.whole(body);
      if (answer !== null) return good(answer, null);
      if (isObject(body.error)) return errorInside(body.error, headers);
      // Ollama's errors are plain words.
      if (typeof body.error === 'string') return errorInside({ message: body.error }, headers);
      throw new EngineFailure('bad_answer', `not an answer of ${form.path}: ${text.slice(0, 200)}`);
    },
  };
}

/** An HTTP status other than 2xx: a final 4xx is an answer, all else is thrown. */
function notGood(status: number, text: string, headers: Headers): ReadAnswer {
  const body = normaliseError(status, text);
  const kind = statusKind(status, body.error.message);
  if (kind === 'final') return { status, body, requestId: requestIdOf(headers, body), firstTokenAt: null };
  const message = status >= 400 ? body.error.message : `status ${status}, location ${String(headers.location ?? '-')}`;
  throw new EngineFailure(kind, message, { status, retryAfterMs: retryAfter(headers) });
}

/** An error that came inside a 200 answer: taken as if its code had been the status. */
function errorInside(error: Json, headers: Headers): ReadAnswer {
  return notGood(errorStatus(error), JSON.stringify({ error }), headers);
}

function parseWhole(text: string, headers: Headers): Json {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    const type = String(headers['content-type'] ?? 'no content-type');
    throw new EngineFailure('bad_answer', `not JSON (${type}): ${text.slice(0, 200)}`, { cause: error });
  }
  if (isObject(body)) return body;
  throw new EngineFailure('bad_answer', `not a JSON object: ${text.slice(0, 200)}`);
}

function looksWhole(path: string, body: Json): boolean {
  if (path === '/v1/embeddings') return Array.isArray(body.data);
  return path === '/v1/responses' ? Array.isArray(body.output) : Array.isArray(body.choices);
}

function requestIdOf(headers: Headers, body: Json): string {
  // The second is Anthropic's.
  const header = headers['x-request-id'] ?? headers['request-id'];
  if (typeof header === 'string' && header !== '') return header;
  return typeof body.id === 'string' ? body.id : '';
}

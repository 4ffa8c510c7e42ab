/** Asks a Label Studio as its user, and makes of every answer that is none an error that says what to do. */

import type { z } from 'zod';
import { AssayError } from '../../../errors.ts';
import { type Access, openAccess } from './access.ts';
import { type Answer, type Call, detailOf, type Place, sendCall, shownUrl } from './call.ts';

export interface Wire extends Place {
  access: Access;
  /** Never in a message. */
  token: string;
}

/** A call, and which answers to it are no faults. */
export interface Ask extends Call {
  /** Statuses that the caller understands, beside 2xx. */
  takes?: number[];
  /** The project that is not there when the answer is 404. */
  project?: number;
  /** 403 says that this is not allowed, not that the token is refused. */
  forbids?: boolean;
}

export function openWire(place: Place & { token: string }): Wire {
  return { ...place, access: openAccess(place, place.token) };
}

/** @throws AssayError label_studio_unreachable, _refused, _gone, _failed */
export async function ask(wire: Wire, asked: Ask): Promise<Answer> {
  const header = await wire.access.header();
  let answer = await sendCall(wire, asked, header);
  // A 401 comes before anything is done: it may be asked again with another header, whatever it is.
  if (answer.status === 401 && wire.access.renewable(header)) {
    answer = await sendCall(wire, asked, await wire.access.header());
  }
  return taken(wire, asked, answer);
}

/** The answer's JSON in the shape that is read here. @throws AssayError as ask, label_studio_failed for another shape */
export async function askFor<S extends z.ZodType>(wire: Wire, asked: Ask, schema: S): Promise<z.output<S>> {
  const answer = await ask(wire, asked);
  return shaped(wire, asked, { schema, answer });
}

/** @throws AssayError label_studio_failed */
export function shaped<S extends z.ZodType>(
  place: Place,
  asked: Call,
  { schema, answer }: { schema: S; answer: Answer },
): z.output<S> {
  if (answer.json === undefined) throw failed(place, asked, notJson(place, answer));
  const read = schema.safeParse(answer.json);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const problem = `its answer is not understood: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
  throw failed(place, asked, problem);
}

function taken(wire: Wire, asked: Ask, answer: Answer): Answer {
  const { status } = answer;
  if ((status >= 200 && status < 300) || asked.takes?.includes(status)) return answer;
  const problem = withoutToken(wire, detailOf(answer));
  const refused = status === 401 || (status === 403 && asked.forbids !== true);
  if (refused) throw new AssayError('label_studio_refused', { url: shownUrl(wire), problem });
  if (status === 404 && asked.project !== undefined) {
    throw new AssayError('label_studio_gone', { project: asked.project, url: shownUrl(wire) });
  }
  throw failed(wire, asked, whyNot(wire, answer, problem));
}

function whyNot(place: Place, answer: Answer, problem: string): string {
  if (answer.status >= 300 && answer.status < 400) {
    return `it sends callers on to ${originOf(answer.location, place)}; connect to the address where it ends`;
  }
  if (answer.json === undefined && answer.status === 404) return notJson(place, answer);
  return `it answers ${answer.status}: ${problem}`;
}

function originOf(location: string | null, place: Place): string {
  if (location === null) return 'another address';
  const url = new URL(location, place.baseUrl);
  return `${url.origin}${url.pathname}`;
}

function notJson(place: Place, answer: Answer): string {
  return `${detailOf(answer)} came (status ${answer.status}) instead of JSON; see whether ${shownUrl(place)} is the address of Label Studio itself`;
}

export function failed(place: Place, asked: Pick<Call, 'what'>, problem: string): AssayError {
  return new AssayError('label_studio_failed', { url: shownUrl(place), what: asked.what, problem });
}

const withoutToken = (wire: Wire, text: string): string => text.replaceAll(wire.token, '…');

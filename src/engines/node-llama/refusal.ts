/** A request that is answered with an error, in the shape llama-server gives its errors. */

/** `type` is llama-server's; `more` is added to the error object. */
export class Refusal extends Error {
  readonly status: number;
  readonly type: string;
  readonly more: Record<string, unknown>;

  constructor(status: number, message: string, more: Record<string, unknown> = {}) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.type = typeOf(status);
    this.more = more;
  }
}

/** A 400. */
export const refuse = (message: string, more?: Record<string, unknown>): Refusal => new Refusal(400, message, more);

/** The body of an error answer. */
export function errorAnswer(error: unknown): { status: number; body: { error: Record<string, unknown> } } {
  if (error instanceof Refusal) {
    const { status, message, type, more } = error;
    return { status, body: { error: { code: status, message, type, ...more } } };
  }
  return { status: 500, body: { error: { code: 500, message: (error as Error).message, type: 'server_error' } } };
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 404) return 'not_found_error';
  if (status === 501) return 'not_supported_error';
  return status === 503 ? 'unavailable_error' : 'invalid_request_error';
}

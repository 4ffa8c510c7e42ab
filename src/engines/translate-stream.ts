/** Hands a stream in an engine's own language on as OpenAI's server-sent events, piece by piece as it comes. */

import { Transform } from 'node:stream';
import type { EngineEndpoint } from '../contracts/engine.ts';
import { isObject, type Json } from './json.ts';
import { withoutKeys } from './secrets.ts';
import type { NativeStream } from './wire.ts';

const sse = (value: Json): string => `data: ${JSON.stringify(value)}\n\n`;

/** A transform of the engine's bytes to chunks of the endpoint's model, with "[DONE]" at the end of a whole answer. */
export function translatedStream(native: NativeStream, endpoint: EngineEndpoint): Transform {
  const translator = native.translator();
  /** The first chunk has the answer's id and date; each chunk repeats them. */
  let head: Json = {};
  let out: string[] = [];
  let told = false;
  const reader = native.cut((text) => {
    if (told) return;
    const event = JSON.parse(text) as Json;
    if (event.error !== undefined && event.error !== null) {
      told = true;
      const error = isObject(event.error) ? event.error : { message: String(event.error) };
      out.push(withoutKeys(endpoint, sse({ error })));
      return;
    }
    for (const { id, created, ...chunk } of translator.translate(event)) {
      if (head.id === undefined) head = { id, object: native.object, created, model: endpoint.modelId };
      out.push(sse({ ...head, ...chunk }));
    }
    if (!translator.done()) return;
    told = true;
    out.push('data: [DONE]\n\n');
  });
  return new Transform({
    transform(bytes: Buffer, _, done) {
      try {
        reader.push(bytes);
      } catch (error) {
        done(error as Error);
        return;
      }
      const text = out.join('');
      out = [];
      done(null, text);
    },
  });
}

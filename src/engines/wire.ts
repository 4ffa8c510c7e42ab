/** How one request is said to an engine, and how what it answers is read: what every engine's own language comes down to. */

import type { Json } from './json.ts';
import type { EventReader } from './sse.ts';
import type { EventTranslator, StreamReading } from './stream.ts';

/** A stream in an engine's own language. */
export interface NativeStream {
  /** Cuts the bytes into events. */
  cut(onEvent: (text: string) => void): EventReader;
  translator(): EventTranslator;
  /** What the chunks it is translated to are. */
  object: 'chat.completion.chunk' | 'text_completion';
}

/** How an answer of an engine is read. */
export interface AnswerForm {
  /** What the answer belongs to, for messages about one that cannot be read. */
  path: string;
  /** Whether a good answer of that content-type is a stream. */
  streams(contentType: string): boolean;
  openStream(): StreamReading;
  /** How the stream is translated; absent where it is OpenAI's already. */
  native?: NativeStream;
  /** The answer in OpenAI's shape; null when `body` is none. @throws EngineFailure bad_answer */
  whole(body: Json): Json | null;
}

/** A request in an engine's language. `path` goes after the engine's base address. */
export interface Spoken {
  path: string;
  body: string;
  form: AnswerForm;
}

/** A request that is not sent: trying again cannot mend it. `param` is the field at fault, `message` a sentence. */
export interface Refused {
  param: string;
  message: string;
}

/** Thrown while a body is said in an engine's language, where that language has no word for it. */
export class Unsayable extends Error {
  readonly param: string;

  constructor(param: string, message: string) {
    super(message);
    this.name = 'Unsayable';
    this.param = param;
  }
}

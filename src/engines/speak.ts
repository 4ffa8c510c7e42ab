/** Says a request in the language of its engine: OpenAI's, Anthropic's Messages, or Ollama's own. */

import type { EngineEndpoint, EngineRequest } from '../contracts/engine.ts';
import { openAiForm } from './answer.ts';
import { speakAnthropic } from './anthropic/request.ts';
import { speakOllama } from './ollama/request.ts';
import { outgoingBody, refusedBefore } from './outgoing.ts';
import { type Refused, type Spoken, Unsayable } from './wire.ts';

/** Whether requests go to the engine as they came. */
export const speaksOpenAi = ({ engine }: EngineEndpoint): boolean => engine !== 'anthropic' && engine !== 'ollama';

/** The request as it is sent, or why it is not. */
export function speak(endpoint: EngineEndpoint, request: EngineRequest): Spoken | Refused {
  if (speaksOpenAi(endpoint)) {
    const refused = refusedBefore(endpoint, request);
    if (refused !== null) return { param: 'messages', message: refused };
    return { path: request.path, body: outgoingBody(endpoint, request), form: openAiForm(request.path) };
  }
  try {
    return endpoint.engine === 'anthropic' ? speakAnthropic(endpoint, request) : speakOllama(endpoint, request);
  } catch (error) {
    if (error instanceof Unsayable) return { param: error.param, message: error.message };
    throw error;
  }
}

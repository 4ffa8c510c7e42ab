/** Asks a judge once more whose reply could not be used, and says what was wrong with it. */

import { shownText } from './fence.ts';
import type { JudgeBody, Message } from './rubric-words.ts';

/** The most of the reply that is shown to the judge again, in characters. */
const MOST_SHOWN = 4000;

/**
 * The call `body` with the reply and its fault, as readSingle or readPreference tell it. The beginning stays as it was, so
 * that an engine finds it in its cache.
 */
export function repairRequest(body: JudgeBody, reply: string, fault: string): JudgeBody {
  const shown = shownText(reply).trim().slice(0, MOST_SHOWN).toWellFormed();
  const said: Message[] = [
    // Services refuse an empty message.
    { role: 'assistant', content: shown === '' ? '(nothing)' : shown },
    {
      role: 'user',
      content:
        `Your reply cannot be used: ${shownText(fault)}. Give the verdict anew, short, as one JSON object of the form ` +
        'asked for, and nothing else.',
    },
  ];
  return { ...body, messages: [...body.messages, ...said] };
}

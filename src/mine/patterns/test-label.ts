/** The calls that test a label: a judge that sees nothing else says of each failure whether it belongs, and its replies are read. */

import type { Failure } from '../../contracts/mining.ts';
import { packCalls } from '../../judge/asking/pack.ts';
import type { JudgeBody } from '../../judge/asking/rubric-words.ts';
import { isObject } from '../../judge/asking/verdict.ts';
import type { Asking } from '../../judge/asking/verdict-schema.ts';
import { objectFormat, objectIn } from './json-reply.ts';
import { type Label, shownLabel } from './label.ts';
import { cutParts, fenced, fencedTokens, MARKS, type Parts, partsOf, roomBeside } from './shown-failures.ts';

/** A call, and which failure each of its ids stands for. */
export interface TestCall {
  body: JudgeBody;
  /** Ordinals by id. */
  ordinals: Map<string, number>;
}

/** Failures in one call at most, and tokens of each. More in a call are cheaper, and small models lose their place among them. */
const PER_CALL = 8;
const ROW_TOKENS = 280;
/** An id of six characters, a yes or no, quotes and brackets. */
const TOKENS_PER_VERDICT = 20;
const REPLY_TOKENS = PER_CALL * TOKENS_PER_VERDICT;

const SYSTEM = `You sort failures. A language model was given tasks, and its answers were judged wrong. A pattern names one kind of failure; you
are shown several failures, in an order that means nothing. Say of each whether the pattern fits it, judging each by itself: "yes" when
it is of that kind, "no" when it is wrong in another way. Any number of them may be of that kind, all or none.

${MARKS}

Reply with one JSON object and nothing else. Its names are the ids of the failures, each exactly once; each value is "yes" or "no".`;

const KIND = 'The pattern:';
const ROWS = 'The failures:';
const last = (ids: string[]): string => `Say "yes" or "no" for each of these ${ids.length} ids: ${ids.join(', ')}`;

/** The calls over all of `failures`, mixed by chance. Each fits 4,096 tokens, its reply included. */
export function testCalls(label: Label, failures: Failure[], o: { seed: string; asking: Asking }): TestCall[] {
  const kind = shownLabel(label);
  const own = `${SYSTEM}\n\n${KIND}\n\n${ROWS}\n\n${last(new Array(PER_CALL).fill('k7dm2q'))}`;
  const rows = failures.map((failure) => cutParts(partsOf(failure), ROW_TOKENS));
  const calls = packCalls(
    rows.map((parts) => ({ tokens: fencedTokens(parts) })),
    { perCall: PER_CALL, maxTokens: roomBeside(own, REPLY_TOKENS) - fencedTokens(kind), seed: o.seed },
  );
  return calls.map((places) => {
    const texts = fenced([kind, ...places.map((at): Parts => rows[at]!)], o.seed);
    const [shown, ...items] = texts;
    const ids = items.map(({ id }) => id);
    return {
      ordinals: new Map(ids.map((id, at) => [id, failures[places[at]!]!.ordinal])),
      body: {
        messages: [
          { role: 'system', content: SYSTEM },
          {
            role: 'user',
            content: [KIND, shown!.text, ROWS, ...items.map(({ text }) => text), last(ids)].join('\n\n'),
          },
        ],
        response_format: objectFormat(
          'verdicts',
          Object.fromEntries(ids.map((id) => [id, { type: 'string', enum: ['yes', 'no'] }])),
        ),
        temperature: 0,
        max_tokens: REPLY_TOKENS + (o.asking.thinkingTokens ?? 0),
      },
    };
  });
}

/** What a reply says, by ordinal. An id that is missing, named twice, cut off or has another value is left out. */
export function readMemberships(text: string, ordinals: Map<string, number>): Map<number, boolean> {
  const said = new Map<number, boolean>();
  const reply = objectIn(text, [...ordinals.keys()][0] ?? '');
  if (typeof reply === 'string') return said;
  const values = unwrapped(reply.value, ordinals);
  for (const [id, ordinal] of ordinals) {
    const verdict = yesOrNo(values[id]);
    if (verdict !== null && id !== reply.cutAt && !reply.doubled(id)) said.set(ordinal, verdict);
  }
  return said;
}

/** Some models put one more object around. */
function unwrapped(value: Record<string, unknown>, ordinals: Map<string, number>): Record<string, unknown> {
  const [only, ...more] = Object.entries(value);
  return only !== undefined && more.length === 0 && !ordinals.has(only[0]) && isObject(only[1]) ? only[1] : value;
}

function yesOrNo(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return word === 'yes' ? true : word === 'no' ? false : null;
}

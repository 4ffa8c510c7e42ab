/** The JSON schema of a judge's reply, and how many tokens such a reply may take. */

import type { EngineKind } from '../../contracts/engine.ts';
import type { Criterion } from '../../contracts/judging.ts';

type Json = Record<string, unknown>;

/** How a judge is asked, beside the rubric and the answers. */
export interface Asking {
  /** The judge's engine; where it is not known, what all engines take is asked for. */
  engine?: EngineKind;
  /** Longest reasoning for one answer, in characters. */
  reasoningChars?: number;
  /** Tokens that the judge may think before it replies; they come on top of the reply's. */
  thinkingTokens?: number;
}

/** One answer in a call has room for more reasons than one of many. */
export const SINGLE_REASONING = 600;
export const BATCH_REASONING = 240;

/** What judges are given room for, as the settings say it. */
export interface AskingLimits {
  /** Characters of the reasons for one answer, alone in its call and among others. */
  reasoning_chars: number;
  batch_reasoning_chars: number;
  thinking_tokens: number;
}

/** How a judge is asked about one answer, or about `many` in one call; the usual room where no limits are given. */
export function askingWithin(engine: EngineKind | undefined, limits: AskingLimits | undefined, many: boolean): Asking {
  return {
    ...(engine === undefined ? {} : { engine }),
    ...(limits === undefined
      ? {}
      : {
          reasoningChars: many ? limits.batch_reasoning_chars : limits.reasoning_chars,
          thinkingTokens: limits.thinking_tokens,
        }),
  };
}

/** llama-server refuses a grammar with 2,000 repetitions of a character; 1,999 it takes. */
const MOST_REPEATED = 1999;
/** Marks of a scale that are listed one by one; over all criteria OpenAI takes 1,000. */
const MOST_LISTED = 21;
/** A confidence in tenths: nothing finer means anything, and a list is kept where bounds of numbers are not. */
const CONFIDENCES = Array.from({ length: 11 }, (_, tenths) => tenths / 10);
/** English has four characters a token and more; reasons in other languages need more tokens. */
const CHARS_PER_TOKEN = 2;
/** Brackets, quotes, names and line breaks of a verdict, and of each of its criteria, as small models write them. */
const VERDICT_TOKENS = 45;
const CRITERION_TOKENS = 9;

/** `response_format` for a verdict on one answer. */
export const singleFormat = (criteria: Criterion[], asking: Asking): Json =>
  format('verdict', verdict(criteria, asking, SINGLE_REASONING));

/**
 * `response_format` for one verdict on each of `ids`: an object with the ids as names. A grammar made of it writes each id
 * exactly once, and in the order of the prompt. Of a list whose items name their id from an enum the grammar cannot
 * demand that: smollm2-135m named 6 of 8 ids in a list of 8, 4 in one of any length, and all 8 as names of an object.
 * The verdict is defined once, so that 50 ids stay within what services take of a schema.
 */
export function batchFormat(criteria: Criterion[], ids: string[], asking: Asking): Json {
  const schema = object(Object.fromEntries(ids.map((id) => [id, { $ref: '#/$defs/verdict' }])));
  const $defs = { verdict: verdict(criteria, asking, BATCH_REASONING) };
  return format('verdicts', { ...schema, $defs });
}

/** `response_format` for a preference between two answers, or a tie. */
export const pairwiseFormat = (ids: readonly string[], asking: Asking): Json =>
  format(
    'preference',
    object({
      reasoning: reasoning(asking, SINGLE_REASONING),
      preferred: { type: 'string', enum: [...ids, 'tie'] },
      confidence: { type: 'number', enum: CONFIDENCES },
    }),
  );

/** Tokens that a reply with `n` verdicts takes at most, when it keeps to the length asked for: that of a single one where n is null. */
export function replyTokens(criteria: Criterion[], n: number | null, asking: Asking): number {
  const chars = asking.reasoningChars ?? (n === null ? SINGLE_REASONING : BATCH_REASONING);
  const names = criteria.reduce(
    (sum, { name }) => sum + CRITERION_TOKENS + Math.ceil(name.length / CHARS_PER_TOKEN),
    0,
  );
  return (n ?? 1) * (VERDICT_TOKENS + Math.ceil(chars / CHARS_PER_TOKEN) + names) + (asking.thinkingTokens ?? 0);
}

/** The reasoning stands first: a verdict is worth more when it follows from reasons than when they are found for it. */
const verdict = (criteria: Criterion[], asking: Asking, chars: number): Json =>
  object({
    reasoning: reasoning(asking, chars),
    scores: object(Object.fromEntries(criteria.map((one) => [one.name, scale(one, asking)]))),
    confidence: { type: 'number', enum: CONFIDENCES },
  });

/** Without a bound a small model may go on with its reasons until its tokens are spent. Services refuse the keyword. */
const reasoning = (asking: Asking, chars: number): Json => ({
  type: 'string',
  ...(bounds(asking) ? { maxLength: Math.min(asking.reasoningChars ?? chars, MOST_REPEATED) } : {}),
});

/** A list of the marks where they are few: Anthropic refuses `minimum` and `maximum`, and every engine takes a list. */
function scale({ min, max }: Criterion, asking: Asking): Json {
  if (!Number.isInteger(min) || !Number.isInteger(max)) return { type: 'number' };
  const marks = max - min + 1;
  if (marks > MOST_LISTED) return { type: 'integer', ...(bounds(asking) ? { minimum: min, maximum: max } : {}) };
  return { type: 'integer', enum: Array.from({ length: marks }, (_, at) => min + at) };
}

/** Whether the engine makes a grammar of lengths and bounds: llama.cpp, which is Ollama's as well. */
const bounds = ({ engine }: Asking): boolean => engine === 'llama-server' || engine === 'ollama';

const object = (properties: Json): Json => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

const format = (name: string, schema: Json): Json => ({
  type: 'json_schema',
  json_schema: { name, strict: true, schema },
});

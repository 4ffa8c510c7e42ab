/** The rule basic_quality: whether there is an answer, whether all of it came, and whether its marks are closed. */

import { wholeJson } from '../../compare/find-json.ts';
import type { RuleOf } from '../../contracts/judge-rules.ts';
import { type Answer, type Check, failed, passed, shown } from './checked-answer.ts';
import { fenceLines } from './fence.ts';

/** Reasons for which engines end an answer before its end: OpenAI's, Anthropic's, vLLM's, Gemini's. */
const CUT_BY_LENGTH = new Set(['length', 'max_tokens', 'max_output_tokens', 'model_length']);
const CUT_BY_FILTER = new Set(['content_filter', 'safety', 'recitation']);
/** Reasons that say the model ended by itself. */
const ENDED = new Set([
  'stop',
  'end_turn',
  'eos',
  'eos_token',
  'stop_sequence',
  'tool_calls',
  'function_call',
  'tool_use',
]);

/** Words in small letters that no sentence ends in, in none of six languages. */
const OPEN_WORDS = new Set(
  'the an and or but because although whether of your their our its my der ein eine einen einem einer und oder aber weil dass les une et ou mais los una pero porque della gli perché het een maar omdat'.split(
    ' ',
  ),
);
/** Words of the last line from which on it is prose that ought to end in a full stop. */
const MIN_PROSE = 8;
const END = /[.!?:;\u2026\u3002\uff01\uff1f\u0964\u061f"'\u2019\u201d\u00bb)\]}>*_`|$\u300d\u300f]$/u;
/** NUL and other controls but tab and line breaks, and what stands for bytes that were no text. */
const GARBLED = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffd]/;

type Fault = (answer: Answer) => string | null;

/** Told are all faults there are; an empty answer has no others. */
export function basicQualityCheck(_rule: RuleOf<'basic_quality'>): Check {
  return (answer) => {
    const empty = emptiness(answer);
    const faults: string[] =
      empty === null
        ? [cutOff, openThought, openFence, openJson, garbled].flatMap((fault) => fault(answer) ?? [])
        : [empty];
    return faults.length === 0
      ? passed('the answer is there, whole and closed')
      : failed(faults.join('; '), { faults });
  };
}

/** An answer has a letter, a digit or a sign that says something; dashes and white space say nothing. */
function emptiness({ text, content }: Answer): string | null {
  if (/[\p{L}\p{N}\p{S}]/u.test(text)) return null;
  if (content.trim() === '') return 'the answer is empty';
  return text.trim() === ''
    ? 'there is nothing but thinking in the answer'
    : `the answer says nothing: ${shown(text.trim())}`;
}

const cutOff: Fault = ({ finishReason, text }) => {
  const reason = finishReason?.toLowerCase() ?? null;
  if (reason !== null && CUT_BY_LENGTH.has(reason))
    return `the answer was cut off at its length limit (finish_reason ${finishReason})`;
  if (reason !== null && CUT_BY_FILTER.has(reason))
    return `the answer was cut off by a filter (finish_reason ${finishReason})`;
  const line = lastLine(text);
  const last = /(\p{L}+)$/u.exec(line.slice(-20))?.[1];
  const open = /[,([{\u2013\u2014]$/u.test(line) || (/\s/.test(line) && last !== undefined && OPEN_WORDS.has(last));
  if (open && !looksLikeCode(text)) return `the answer ends in the middle of a sentence: ${shown(line.slice(-60))}`;
  // Who ends by itself may do so without a full stop.
  if (reason !== null && ENDED.has(reason)) return null;
  const stopped = END.test(line) || !/[\p{L}\p{N}]$/u.test(line);
  if (stopped || looksLikeCode(text) || !isProse(line)) return null;
  return `the answer ends without the end of its sentence: ${shown(line.slice(-60))}`;
};

const openThought: Fault = ({ content, text }) =>
  text !== content && content.lastIndexOf('<think>') > content.lastIndexOf('</think>')
    ? 'the thinking of the answer is not closed'
    : null;

const openFence: Fault = ({ text }) => (fenceLines(text).length % 2 === 1 ? 'a code block is not closed' : null);

const openJson: Fault = ({ text }) => {
  const begin = text.trimStart();
  if (!/^(?:\{\s*(?:"|$)|\[\s*[{"])/.test(begin.slice(0, 200)) || wholeJson(begin) !== null) return null;
  // Text may follow a value that is whole; one that goes to the end is broken.
  return /[}\]]\s*\n+\s*[^\s}\],]/.test(begin.slice(-4000))
    ? null
    : `the answer begins as JSON and is none: ${shown(begin.slice(-60))}`;
};

const garbled: Fault = ({ text }) => {
  const found = GARBLED.exec(text);
  const code = found?.[0].charCodeAt(0) ?? loneSurrogate(text);
  return code === null
    ? null
    : `the answer holds a character that is no text: U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
};

function loneSurrogate(text: string): number | null {
  return text.isWellFormed() ? null : (/\p{Surrogate}/u.exec(text)?.[0].charCodeAt(0) ?? null);
}

function lastLine(text: string): string {
  const end = text.slice(-4000).trimEnd();
  return end.slice(end.lastIndexOf('\n') + 1).trim();
}

/** What ends in a fence or is JSON ends as its kind does. */
const looksLikeCode = (text: string) =>
  /^\s*[{[<]/.test(text.slice(0, 200)) || fenceLines(text.slice(-20_000)).length > 0;

/** A line of eight words or more that has had the end of a sentence in it. */
function isProse(line: string): boolean {
  return line.split(/\s+/).length >= MIN_PROSE && !line.startsWith('|') && /\p{Ll}{3}[.!?]\s+\p{Lu}/u.test(line);
}

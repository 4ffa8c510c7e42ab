/** Reads the prompts of a reply, whatever a model made of the form that it was asked for. */

import { findJson } from '../../compare/find-json.ts';
import { withoutThoughts } from '../../compare/thoughts.ts';
import { isObject } from '../../judge/asking/verdict.ts';

/** Names under which models put a prompt that they wrap in an object. */
const PROMPT_NAMES = ['prompt', 'task', 'question', 'instruction', 'text', 'content'];

/**
 * The texts of the reply in their order, as they are; none where it cannot be read. The last one of a reply that was cut off is
 * only a beginning, and is left out.
 */
export function readPrompts(reply: string): string[] {
  const found = findJson(withoutThoughts(reply), 'task_1');
  if (found === null) return [];
  const prompts = textsIn(found.value);
  return found.truncated === null ? prompts : prompts.slice(0, -1);
}

/** Values are plain data of a bounded depth, so the walk ends. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (!isObject(value)) return [];
  const name = PROMPT_NAMES.find((each) => typeof value[each] === 'string');
  return name === undefined ? Object.values(value).flatMap(textsIn) : [value[name] as string];
}

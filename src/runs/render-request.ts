/** Turns one item into the request that a model is asked: its own messages, prompt or body, or a template filled from it. */

import { valueAt } from '../datasets/field-path.ts';
import { statedBy } from '../datasets/to-requests.ts';
import type { VersionItem } from '../datasets/version-items.ts';
import { AssayError } from '../errors.ts';
import { renderTemplate, type Template } from '../prompts/template.ts';

type RunItem = Pick<VersionItem, 'itemId' | 'input'>;

/**
 * `params` are body fields where the item states none of its own. `stated` says that plain lines may state some, which
 * the columns of a table do not.
 */
export interface RequestForm {
  template: Template | null;
  params: Record<string, unknown>;
  stated: boolean;
}

/** `body` has no model yet. */
export interface RenderedRequest {
  url: string;
  body: Record<string, unknown>;
}

const chat = '/v1/chat/completions';

/** Endpoints whose answers are texts, which can be compared. */
const textEndpoints = new Set([chat, '/v1/completions', '/v1/responses']);

/** @throws AssayError input_unreadable that names the item and what it has */
export function renderRequest(item: RunItem, form: RequestForm): RenderedRequest {
  const { input } = item;
  if (form.template !== null) {
    const values = Object.fromEntries(form.template.columns.map((column) => [column, fieldOf(input, column)]));
    return { url: chat, body: { messages: renderTemplate(form.template, values).messages, ...form.params } };
  }
  const own = parsed(input.body, '{');
  if (isObject(own)) return fromBatchLine(item, own, form);
  const fields = { ...form.params, ...(form.stated ? statedBy(input, chat) : {}) };
  const messages = parsed(input.messages, '[');
  if (Array.isArray(messages)) {
    if (messages.length === 0) throw itemFault(item, 'its messages are an empty list');
    return { url: chat, body: { messages, ...fields } };
  }
  const { prompt, system } = input;
  if (typeof prompt === 'string' && prompt.trim() !== '') {
    const head = typeof system === 'string' && system !== '' ? [{ role: 'system', content: system }] : [];
    return { url: chat, body: { messages: [...head, { role: 'user', content: prompt }], ...fields } };
  }
  const there = Object.keys(input).slice(0, 20).join(', ') || 'none';
  throw itemFault(
    item,
    `it has no messages, prompt or body; give a template with {{field}}, fields there are: ${there}`,
  );
}

function fromBatchLine(item: RunItem, own: Record<string, unknown>, form: RequestForm): RenderedRequest {
  const url = typeof item.input.url === 'string' ? item.input.url : chat;
  if (!textEndpoints.has(url)) throw itemFault(item, `answers of ${url} are no texts that could be compared`);
  const { model: _replaced, ...body } = own;
  return { url, body: { ...form.params, ...body } };
}

/** The value of a field: by its very name, else along a path. */
const fieldOf = (input: Record<string, unknown>, column: string): unknown =>
  Object.hasOwn(input, column) ? input[column] : valueAt(input, column);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value that a table can only carry as JSON text. */
function parsed(value: unknown, opening: '[' | '{'): unknown {
  if (typeof value !== 'string' || !value.trimStart().startsWith(opening)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** What is wrong with an item, by its id. */
export const itemFault = (item: Pick<RunItem, 'itemId'>, problem: string): AssayError =>
  new AssayError('input_unreadable', { file: `item ${item.itemId}`, problem });

/** A new run as its form holds it, what is wrong with it, and what the server is sent. */

import type { ContextStrategy } from '../../../src/contracts/context.ts';
import type { NewRun } from '../../../src/contracts/runs.ts';

/** Numbers are '' while their field is empty. */
export interface NewRunForm {
  models: string[];
  /** Id of a saved template, or null. */
  templateId: string | null;
  template: string;
  temperature: number | '';
  maxTokens: number | '';
  /** A JSON schema, or a whole response_format; empty: none. */
  schema: string;
  /** More fields of the body, as a JSON object; empty: none. */
  more: string;
  take: 'all' | 'first' | 'random';
  count: number | '';
  seed: number | '';
  priority: number | '';
  /** How prompts that do not fit are shortened; null: they fail. */
  context: ContextStrategy | null;
  /** Whether answers of earlier runs are taken over. */
  reuse: boolean;
}

export type FormFaults = Partial<Record<keyof NewRunForm, string>>;

export const emptyForm: NewRunForm = {
  models: [],
  templateId: null,
  template: '',
  temperature: 0,
  maxTokens: 256,
  schema: '',
  more: '',
  take: 'all',
  count: 100,
  seed: 1,
  priority: 0,
  context: null,
  reuse: false,
};

/** Fields of a body that have a place of their own, or that the run settles. */
const taken: Record<string, string> = {
  model: 'Models are chosen above',
  messages: 'The prompt comes from the items and the template',
  prompt: 'The prompt comes from the items and the template',
  stream: 'Runs are never streamed',
};

export function faultsOf(form: NewRunForm): FormFaults {
  const faults: FormFaults = {};
  if (form.models.length === 0) faults.models = 'Choose a model';
  if (form.models.length > 20) faults.models = 'At most 20 models at once';
  const schema = objectIn(form.schema);
  if (schema.fault) faults.schema = schema.fault;
  const more = objectIn(form.more);
  const wrong = Object.keys(more.value ?? {}).find((name) => name in taken);
  if (more.fault) faults.more = more.fault;
  else if (wrong !== undefined) faults.more = `${wrong} is not taken here. ${taken[wrong]}`;
  if (form.take !== 'all' && !isCount(form.count)) faults.count = 'A whole number from 1';
  if (form.take === 'random' && !Number.isInteger(form.seed)) faults.seed = 'A whole number';
  if (form.priority !== '' && (!Number.isInteger(form.priority) || Math.abs(form.priority) > 100)) {
    faults.priority = 'A whole number from -100 to 100';
  }
  return faults;
}

/** The body of POST /admin/benchmarks/run and /estimate, for a form without faults. `saved` is the text of its saved template. */
export function runOf(form: NewRunForm, datasetId: string, saved: string | null): NewRun {
  const edited = form.template.trim() !== '' && form.template !== saved;
  return {
    dataset_id: datasetId,
    model_ids: form.models,
    params: paramsOf(form),
    ...(form.templateId === null ? {} : { template_id: form.templateId }),
    ...(edited ? { template: form.template } : {}),
    ...(form.take === 'first' ? { limit: form.count as number } : {}),
    ...(form.take === 'random' ? { sample: form.count as number } : {}),
    seed: form.seed === '' ? 1 : form.seed,
    priority: form.priority === '' ? 0 : form.priority,
    ...(form.context === null ? {} : { context: form.context }),
    ...(form.reuse ? { reuse: true } : {}),
  };
}

/** The fields with places of their own win over the free ones. */
function paramsOf(form: NewRunForm): Record<string, unknown> {
  const schema = objectIn(form.schema).value;
  return {
    ...objectIn(form.more).value,
    ...(form.temperature === '' ? {} : { temperature: form.temperature }),
    ...(form.maxTokens === '' ? {} : { max_tokens: form.maxTokens }),
    ...(schema === null ? {} : { response_format: responseFormat(schema) }),
  };
}

/** A bare schema is wrapped; what is a response_format already stays. */
function responseFormat(value: Record<string, unknown>): Record<string, unknown> {
  if (['json_schema', 'json_object', 'text'].includes(String(value.type))) return value;
  return { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: value } };
}

/** The object that a text is, and what is wrong with it; neither when it is empty. */
function objectIn(text: string): { value: Record<string, unknown> | null; fault: string | null } {
  if (text.trim() === '') return { value: null, fault: null };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return { value: null, fault: 'Must be a JSON object: { … }' };
    }
    return { value: value as Record<string, unknown>, fault: null };
  } catch (error) {
    return { value: null, fault: `Not JSON: ${(error as Error).message}` };
  }
}

function isCount(value: number | ''): boolean {
  return value !== '' && Number.isInteger(value) && value >= 1;
}

/** `text` with `{{column}}` in place of what is selected, and where the cursor stands then. */
export function withColumn(
  text: string,
  at: { from: number; to: number },
  column: string,
): { text: string; cursor: number } {
  const mark = `{{${column}}}`;
  return { text: text.slice(0, at.from) + mark + text.slice(at.to), cursor: at.from + mark.length };
}

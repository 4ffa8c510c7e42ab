/** Rules that judge an answer without a model: what each kind checks and the parameters it takes. */

import { z } from 'zod';
import { fieldPath } from './datasets.ts';

/** Mistakes of a rule: fail makes the answer fail, warn only costs it its weight in the score. */
export const ruleSeverities = ['fail', 'warn'] as const;
export const lengthUnits = ['chars', 'words', 'tokens_approx', 'sentences'] as const;
export const citationStyles = ['brackets', 'urls', 'quotes'] as const;
export const answerFormats = ['json', 'jsonl', 'markdown', 'xml', 'yaml', 'csv', 'code', 'list', 'plain'] as const;
export type AnswerFormat = (typeof answerFormats)[number];

/** What every kind of rule has. */
const always = {
  /** What the rule is called in results; its kind when absent. */
  name: z.string().min(1).max(100).optional(),
  /** Its part in the score, beside the weights of the other rules. */
  weight: z.number().positive('must be above 0; leave the rule out to ignore it').max(1000).default(1),
  severity: z.enum(ruleSeverities).default('fail'),
  /** Whether a failure makes the call to an LLM judge unnecessary. */
  spares_llm: z.boolean().default(false),
};

const scalar = z.union([z.string().max(2000), z.number(), z.boolean(), z.null()], {
  error: 'must be a text, a number, true, false or null',
});
/** A word or words: whole words count, whatever their case and accents; `weapon*` is every word that begins so. */
const term = z
  .string()
  .max(200)
  .regex(/[^\s*]/, 'must hold more than spaces and stars');
const topics = z.array(term).min(1, 'must name at least one topic').max(2000);
const count = z.number().int().nonnegative();

/** Every named parameter that is there has to be in order: {least, most}. */
const inOrder = (least: number | undefined, most: number | undefined) =>
  least === undefined || most === undefined || least <= most;

/**
 * The JSON of the answer against a JSON Schema: draft 2020-12 unless its $schema names 2019-09 or draft-07. Patterns in it
 * are RE2's, as those of the rule regex are.
 */
const jsonSchemaRule = z.strictObject({
  kind: z.literal('json_schema'),
  schema: z.record(z.string(), z.unknown(), { error: 'must be a JSON Schema, which is an object' }),
  ...always,
});

/** Fields that have to stand in the JSON of the answer and to hold something: neither null nor blank text. */
const requiredFieldsRule = z.strictObject({
  kind: z.literal('required_fields'),
  fields: z.array(fieldPath).min(1, 'must name at least one field').max(500),
  ...always,
});

/** The field (each entry of it when it is a list), or the whole answer without quotes and full stop around it, has to be one of `values`. */
const allowedValuesRule = z.strictObject({
  kind: z.literal('allowed_values'),
  field: fieldPath.optional(),
  values: z.array(scalar).min(1, 'must list at least one value').max(10_000),
  /** Whether case, accents and runs of white space do not count. */
  ignore_case: z.boolean().default(false),
  ...always,
});

/**
 * The field has to equal the item's expected answer: its `expected_field` when that is named, else its field of the same
 * path, else all of it. 18 equals "18"; the order of an object's fields does not count.
 */
const fieldEqualsRule = z.strictObject({
  kind: z.literal('field_equals'),
  field: fieldPath,
  expected_field: fieldPath.optional(),
  /** Whether case, accents and runs of white space do not count in texts. */
  ignore_case: z.boolean().default(false),
  ...always,
});

/**
 * A regular expression that has to be found, or not to be found, in the answer or in a field of it. The syntax is RE2's
 * (that of JavaScript without lookaround and backreferences), so that no pattern takes more than linear time.
 */
const regexRule = z.strictObject({
  kind: z.literal('regex'),
  pattern: z.string().min(1).max(2000),
  flags: z
    .string()
    .regex(/^(?!.*(.).*\1)[imsu]*$/, 'must be some of i (case), m (lines), s (dot takes line breaks), u; each once')
    .default(''),
  must: z.enum(['match', 'not_match']).default('match'),
  field: fieldPath.optional(),
  ...always,
});

/**
 * The last number of the answer, or the number in a field, has to be the expected one: within the larger of the
 * tolerances, of which the relative one is a share of the expected number; without any, within rounding (one in a million).
 */
const numericRule = z.strictObject({
  kind: z.literal('numeric'),
  tolerance_abs: z.number().nonnegative().optional(),
  tolerance_rel: z.number().nonnegative().optional(),
  field: fieldPath.optional(),
  ...always,
});

/** How long the answer may be. tokens_approx: characters divided by 4. */
const lengthRule = z
  .strictObject({
    kind: z.literal('length'),
    min: count.optional(),
    max: count.optional(),
    unit: z.enum(lengthUnits).default('chars'),
    ...always,
  })
  .refine(({ min, max }) => min !== undefined || max !== undefined, 'must have min or max')
  .refine(({ min, max }) => inOrder(min, max), { path: ['max'], error: 'must not be less than min' });

/** The languages the answer may be in, by ISO 639-1. Code, links and answers too short to tell do not count. */
const languageRule = z.strictObject({
  kind: z.literal('language'),
  languages: z
    .array(z.string().regex(/^[a-z]{2}$/, 'must be a code of ISO 639-1: two small letters, such as en'))
    .min(1, 'must name at least one language')
    .max(60),
  ...always,
});

/** Whether the answer begins with a refusal. With `allowed`, that is noted and passes. */
const refusalRule = z.strictObject({ kind: z.literal('refusal'), allowed: z.boolean().default(false), ...always });

/**
 * An answer that runs in circles: it ends in a text said over and over, or more than `max_share` of its characters stand
 * in runs of ten words that stood in it before (0.2 when absent).
 */
const repetitionRule = z.strictObject({
  kind: z.literal('repetition'),
  max_share: z.number().min(0).max(1).optional(),
  ...always,
});

/**
 * Citations: [1] and [2, 3] by place (or by the id of a source), links, or passages in quotation marks. With
 * `sources_field`, a path into the item's input, each has to lead to one of the sources there.
 */
const citationsRule = z.strictObject({
  kind: z.literal('citations'),
  style: z.enum(citationStyles),
  sources_field: fieldPath.optional(),
  /** Different citations there have to be. */
  min: count.default(1),
  ...always,
});

/** The form of the answer. */
const formatRule = z
  .strictObject({
    kind: z.literal('format'),
    is: z.enum(answerFormats),
    /** Whether JSON, XML, YAML and CSV may stand in one code fence. */
    allow_fence: z.boolean().default(true),
    /** Of code: what the fence has to be marked with, such as python. */
    language: z
      .string()
      .regex(/^[\w+#.-]{1,30}$/, 'must be one word, such as python')
      .optional(),
    ...always,
  })
  .refine(({ is, language }) => language === undefined || is === 'code', {
    path: ['language'],
    error: 'goes with is: "code" only',
  });

/** Topics by their words: one of `allowed` has to be there, none of `forbidden` may be. */
const policyRule = z
  .strictObject({ kind: z.literal('policy'), allowed: topics.optional(), forbidden: topics.optional(), ...always })
  .refine(
    ({ allowed, forbidden }) => allowed !== undefined || forbidden !== undefined,
    'must have allowed or forbidden topics',
  );

/** Whether there is an answer at all, all of it, and its marks are closed. */
const basicQualityRule = z.strictObject({ kind: z.literal('basic_quality'), ...always });

export const ruleKinds = [
  'json_schema',
  'required_fields',
  'allowed_values',
  'field_equals',
  'regex',
  'numeric',
  'length',
  'language',
  'refusal',
  'repetition',
  'citations',
  'format',
  'policy',
  'basic_quality',
] as const;
export type RuleKind = (typeof ruleKinds)[number];

export const ruleSchema = z.discriminatedUnion(
  'kind',
  [
    jsonSchemaRule,
    requiredFieldsRule,
    allowedValuesRule,
    fieldEqualsRule,
    regexRule,
    numericRule,
    lengthRule,
    languageRule,
    refusalRule,
    repetitionRule,
    citationsRule,
    formatRule,
    policyRule,
    basicQualityRule,
  ],
  {
    // Faults inside of a rule of a known kind keep their own messages.
    error: (issue) => (issue.code === 'invalid_union' ? `kind must be one of ${ruleKinds.join(', ')}` : undefined),
  },
);
export type Rule = z.output<typeof ruleSchema>;
/** The rule of one kind. */
export type RuleOf<K extends RuleKind> = Extract<Rule, { kind: K }>;

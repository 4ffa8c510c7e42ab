/** The rule json_schema: the JSON of an answer against a schema, by Ajv, made safe against slow patterns and formats. */

import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats, { type FormatName } from 'ajv-formats';
import type { RuleOf } from '../../contracts/judge-rules.ts';
import { type Check, counted, failed, passed, shown } from './checked-answer.ts';
import { linearRegex } from './linear-regex.ts';

/** Of one answer no more faults are told. */
const MAX_FAULTS = 5;
/** Answers that are longer than this get their first fault told only: all of them may be as many as it has values. */
const MAX_SEARCHED = 100_000;
/** The formats of the specification but `url`, whose pattern in ajv-formats takes time with the square of the text. */
const FORMATS: FormatName[] =
  'date time date-time duration uri uri-reference uri-template email hostname ipv4 ipv6 regex uuid json-pointer relative-json-pointer iso-time iso-date-time int32 int64 float double byte'.split(
    ' ',
  ) as FormatName[];

/** Throws an Error for a schema that is none, that points outside of itself, or whose patterns are not RE2's. */
export function jsonSchemaCheck({ schema }: RuleOf<'json_schema'>): Check {
  const validate = compiled(schema, false);
  let searching: ValidateFunction | null = null;
  return ({ json, content }) => {
    if (json === undefined) return failed('the answer holds no JSON');
    if (validate(json)) return passed('the JSON of the answer fits the schema');
    let errors = validate.errors ?? [];
    if (content.length <= MAX_SEARCHED) {
      searching ??= compiled(schema, true);
      searching(json);
      errors = searching.errors ?? errors;
    }
    const faults = [...new Set(errors.map((error) => faultOf(error, json)))];
    const more = faults.length > MAX_FAULTS ? `; and ${counted(faults.length - MAX_FAULTS, 'more fault')}` : '';
    const told = faults.slice(0, MAX_FAULTS);
    return failed(`the JSON of the answer does not fit the schema: ${told.join('; ')}${more}`, { faults: told });
  };
}

/** With `all`, every fault is searched for. */
function compiled(schema: Record<string, unknown>, all: boolean): ValidateFunction {
  const ajv = ajvFor(schema.$schema, {
    allErrors: all,
    // The specification wants unknown keywords and formats ignored.
    strict: false,
    validateFormats: true,
    logger: false,
    code: { regExp: Object.assign(schemaPattern, { code: 'schemaPattern' }) },
  });
  addFormats.default(ajv, { formats: FORMATS });
  ajv.addFormat('url', (text: string) => URL.canParse(text));
  // Ajv compares each entry with each; this takes linear time.
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (wanted: boolean, list: unknown[]) => !wanted || new Set(list.map(canonical)).size === list.length,
    error: { message: 'must not have the same entry twice' },
  });
  return ajv.compile(schema);
}

/** Ajv keeps patterns by what toString gives. */
function schemaPattern(pattern: string) {
  const { test } = linearRegex(pattern, 'u');
  return { test, toString: () => `/${pattern}/u` };
}

function ajvFor(dialect: unknown, options: Options): Ajv {
  if (dialect === undefined) return new Ajv2020(options);
  const named = typeof dialect === 'string' ? dialect : '';
  if (/\/draft\/2020-12\//.test(named)) return new Ajv2020(options);
  if (/\/draft\/2019-09\//.test(named)) return new Ajv2019(options);
  if (/\/draft-07\//.test(named)) return new Ajv(options);
  throw new Error(`$schema ${shown(dialect)} is not known; draft 2020-12, 2019-09 and draft-07 are`);
}

/** JSON in which the order of an object's fields does not count. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

/** `/age must be integer (is "12")`; expected values are named where the message of Ajv leaves them out. */
function faultOf({ instancePath, message, params, keyword }: ErrorObject, json: unknown): string {
  const place = instancePath === '' ? 'it' : instancePath;
  const value = instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], json);
  const wanted =
    keyword === 'enum'
      ? ` ${shown(params.allowedValues)}`
      : keyword === 'const'
        ? ` ${shown(params.allowedValue)}`
        : keyword === 'additionalProperties' || keyword === 'unevaluatedProperties'
          ? ` ${shown(params.additionalProperty ?? params.unevaluatedProperty)}`
          : '';
  return `${place} ${message ?? `does not fit ${keyword}`}${wanted} (is ${shown(value)})`;
}

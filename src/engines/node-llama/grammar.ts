/**
 * Writes a grammar (GBNF) for what a JSON Schema allows, with the whitespace and the order of properties that
 * llama-server's own grammars have (llama.cpp, common/json-schema-to-grammar.cpp).
 */

import { refuse } from './refusal.ts';

type Json = Record<string, unknown>;

/** Rules that others are made of. */
const BASE: Record<string, string> = {
  space: '| " " | "\\n"{1,2} [ \\t]{0,20}',
  boolean: '("true" | "false") space',
  null: '"null" space',
  number: '("-"? integral) ("." [0-9]{1,16})? ([eE] [-+]? integral)? space',
  integer: '("-"? integral) space',
  integral: '[0] | [1-9] [0-9]{0,15}',
  char: '[^"\\\\\\x7F\\x00-\\x1F] | [\\\\] (["\\\\bfnrt] | "u" [0-9a-fA-F]{4})',
  string: '"\\"" char* "\\"" space',
  value: 'object | array | string | number | boolean | null',
  object: '"{" space (string ":" space value ("," space string ":" space value)*)? "}" space',
  array: '"[" space (value ("," space value)*)? "]" space',
};

const DATE = '[0-9]{4} "-" ("0" [1-9] | "1" [0-2]) "-" ("0" [1-9] | [1-2] [0-9] | "3" [0-1])';
const TIME =
  '([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9] ":" [0-5] [0-9] ("." [0-9]{3})? ("Z" | [-+] ([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9])';
const FORMATS: Record<string, string> = {
  date: DATE,
  time: TIME,
  'date-time': `${DATE} "T" ${TIME}`,
  uuid: '[0-9a-fA-F]{8} "-" [0-9a-fA-F]{4} "-" [0-9a-fA-F]{4} "-" [0-9a-fA-F]{4} "-" [0-9a-fA-F]{12}',
};

/** Bounded integers are listed one by one up to this many. */
const MOST_LISTED = 1000;

interface Writing {
  root: unknown;
  rules: Map<string, string>;
  /** Rule names of the definitions referred to. */
  definitions: Map<string, string>;
}

/** The grammar of a schema. @throws Refusal naming the keyword that cannot be kept */
export function schemaGrammar(schema: unknown): string {
  const writing: Writing = { root: schema, rules: new Map(Object.entries(BASE)), definitions: new Map() };
  const root = expression(writing, schema);
  return [`root ::= ${root}`, ...[...writing.rules].map(([name, body]) => `${name} ::= ${body}`)].join('\n');
}

/** A text as it stands, in quotes for the grammar. */
function literal(text: string): string {
  const escapes: Record<string, string> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r' };
  return `"${text.replace(/["\\\n\r]/g, (char) => escapes[char]!)}"`;
}

const constant = (value: unknown): string => literal(JSON.stringify(value));

function named(writing: Writing, body: string): string {
  const name = `rule${writing.rules.size}`;
  writing.rules.set(name, body);
  return name;
}

function expression(writing: Writing, given: unknown): string {
  if (given === true || given === undefined) return 'value';
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw refuse(`the JSON schema holds ${JSON.stringify(given)} where a schema should be`);
  const schema = given as Json;
  if (typeof schema.$ref === 'string') return reference(writing, schema.$ref);
  const choices = schema.oneOf ?? schema.anyOf;
  if (Array.isArray(choices)) return either(choices.map((choice) => expression(writing, choice)));
  if (Array.isArray(schema.allOf)) return expression(writing, merged(writing, schema));
  if ('const' in schema) return `${constant(schema.const)} space`;
  if (Array.isArray(schema.enum)) return `${either(schema.enum.map(constant))} space`;
  if (Array.isArray(schema.type)) return either(schema.type.map((type) => expression(writing, { ...schema, type })));
  return ofType(writing, schema);
}

const either = (parts: string[]): string => `(${parts.join(' | ')})`;

function ofType(writing: Writing, schema: Json): string {
  const type = schema.type ?? (schema.properties ? 'object' : schema.items || schema.prefixItems ? 'array' : undefined);
  if (type === undefined) return typeof schema.format === 'string' || schema.pattern ? text(schema) : 'value';
  if (type === 'object') return object(writing, schema);
  if (type === 'array') return array(writing, schema);
  if (type === 'string') return text(schema);
  if (type === 'integer') return integer(schema);
  if (type === 'number' || type === 'boolean' || type === 'null') return type;
  throw refuse(`the JSON schema has the type ${JSON.stringify(type)}, which there is not`);
}

function object(writing: Writing, schema: Json): string {
  const properties = Object.entries((schema.properties ?? {}) as Json);
  const extra = schema.additionalProperties;
  const open = extra === true || (typeof extra === 'object' && extra !== null);
  if (properties.length === 0 && !open) return extra === false ? '"{" space "}" space' : 'object';
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const pair = ([key, value]: [string, unknown]): string =>
    named(writing, `${constant(key)} space ":" space ${expression(writing, value)}`);
  const first = properties.filter(([key]) => required.has(key)).map(pair);
  const optional = properties.filter(([key]) => !required.has(key)).map(pair);
  const more = open ? named(writing, `string ":" space ${expression(writing, extra)}`) : null;
  const tail = (pairs: string[]): string =>
    [...pairs.map((name) => `("," space ${name})?`), ...(more === null ? [] : [`("," space ${more})*`])].join(' ');
  const starts = optional.map((name, index) => `${name} ${tail(optional.slice(index + 1))}`);
  if (more !== null) starts.push(`${more} ("," space ${more})*`);
  const inside =
    first.length > 0
      ? `${first.join(' "," space ')} ${tail(optional)}`
      : starts.length === 0
        ? ''
        : `${either(starts)}?`;
  return named(writing, `"{" space ${inside} "}" space`);
}

function array(writing: Writing, schema: Json): string {
  if (Array.isArray(schema.prefixItems)) {
    const items = schema.prefixItems.map((item) => expression(writing, item));
    return `"[" space ${items.join(' "," space ')} "]" space`;
  }
  const item = named(writing, expression(writing, schema.items));
  const least = typeof schema.minItems === 'number' ? schema.minItems : 0;
  const most = typeof schema.maxItems === 'number' ? schema.maxItems : null;
  if (most === 0) return '"[" space "]" space';
  const following = `("," space ${item})${range(Math.max(0, least - 1), most === null ? null : most - 1)}`;
  return `"[" space ${least === 0 ? `(${item} ${following})?` : `${item} ${following}`} "]" space`;
}

const range = (least: number, most: number | null): string => `{${least},${most ?? ''}}`;

function text(schema: Json): string {
  if (schema.pattern !== undefined)
    throw refuse('the JSON schema uses "pattern", which the engine of this machine (node-llama-cpp) cannot keep');
  const format = typeof schema.format === 'string' ? FORMATS[schema.format] : undefined;
  if (format !== undefined) return `"\\"" ${format} "\\"" space`;
  if (schema.minLength === undefined && schema.maxLength === undefined) return 'string';
  const most = typeof schema.maxLength === 'number' ? schema.maxLength : null;
  return `"\\"" char${range(Number(schema.minLength ?? 0), most)} "\\"" space`;
}

/** Bounds are kept where the numbers are few enough to list, or where zero is the bound. */
function integer(schema: Json): string {
  const bound = (inclusive: unknown, exclusive: unknown, step: number): number | null => {
    if (typeof exclusive === 'number') return exclusive + step;
    return typeof inclusive === 'number' ? inclusive : null;
  };
  const least = bound(schema.minimum, schema.exclusiveMinimum, 1);
  const most = bound(schema.maximum, schema.exclusiveMaximum, -1);
  if (least !== null && most !== null && most - least < MOST_LISTED) {
    const from = Math.ceil(least);
    const numbers = Array.from({ length: Math.max(0, Math.floor(most) - from + 1) }, (_, index) => from + index);
    if (numbers.length === 0) throw refuse(`the JSON schema allows no integer between ${least} and ${most}`);
    return `${either(numbers.map((number) => `"${number}"`))} space`;
  }
  return least !== null && least >= 0 ? 'integral space' : 'integer';
}

function reference(writing: Writing, path: string): string {
  const known = writing.definitions.get(path);
  if (known !== undefined) return known;
  // The name is there before the rule, since a definition may refer to itself.
  const name = `definition${writing.definitions.size}`;
  writing.definitions.set(path, name);
  writing.rules.set(name, expression(writing, resolve(writing, path)));
  return name;
}

function resolve(writing: Writing, path: string): unknown {
  let found: unknown = writing.root;
  if (path !== '#') {
    const steps = path.startsWith('#/') ? path.slice(2).split('/') : [''];
    for (const step of steps) found = (found as Json | undefined)?.[step.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  if (found === undefined) throw refuse(`the JSON schema refers to ${JSON.stringify(path)}, which it does not hold`);
  return found;
}

/** allOf of objects: their properties and required names together. */
function merged(writing: Writing, { allOf, ...rest }: Json): Json {
  const whole: Json = { ...rest };
  for (const given of allOf as Json[]) {
    const part = typeof given.$ref === 'string' ? (resolve(writing, given.$ref) as Json) : given;
    const properties = { ...(whole.properties as Json), ...(part.properties as Json) };
    const required = [...((whole.required as string[]) ?? []), ...((part.required as string[]) ?? [])];
    Object.assign(whole, part);
    if (Object.keys(properties).length > 0) Object.assign(whole, { properties, required });
  }
  return whole;
}

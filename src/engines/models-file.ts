/** Reads models.yaml; every fault is reported with its file and line. */

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Document, isCollection, isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { type ModelSpec, modelSpec } from '../contracts/models.ts';
import { AssayError } from '../errors.ts';

interface Fault {
  line: number;
  problem: string;
}

/**
 * The models of a models.yaml: a list, or a list under `models:`. A relative file: source is taken from the file's
 * folder.
 * @throws AssayError models_file_invalid with the first fault's line and all faults in its message
 */
export function readModelsFile(file: string): ModelSpec[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const problem = `the file cannot be read (${(error as Error).message}); set ASSAY_MODELS to the right path`;
    throw new AssayError('models_file_invalid', { file, line: 0, problem }, { cause: error });
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineOf = (offset: number | undefined): number => (offset === undefined ? 1 : lines.linePos(offset).line);
  const faults: Fault[] = document.errors.map((e) => ({ line: lineOf(e.pos[0]), problem: e.message }));
  const models = faults.length > 0 ? [] : readModels(document, faults, lineOf);
  const first = faults[0];
  if (first !== undefined) {
    const rest = faults.slice(1).map((fault) => `; line ${fault.line}: ${fault.problem}`);
    const values = { file, line: first.line, problem: first.problem + rest.join('') };
    throw new AssayError('models_file_invalid', values, { line: first.line });
  }
  return models.map((spec) => withAbsoluteFile(spec, dirname(resolve(file))));
}

type LineOf = (offset: number | undefined) => number;

function readModels(document: Document, faults: Fault[], lineOf: LineOf): ModelSpec[] {
  const root = document.contents;
  if (root === null) return [];
  const list = isMap(root) ? root.get('models', true) : root;
  if (isMap(root)) {
    for (const pair of root.items) {
      const key = pair.key as Node & { value?: unknown };
      if (key.value !== 'models')
        faults.push({ line: lineOf(key.range?.[0]), problem: `${String(key.value)}: only "models:" is known here` });
    }
  }
  if (!isSeq(list)) {
    faults.push({ line: lineOf(root.range?.[0]), problem: 'must hold a list of models ("- id: …")' });
    return [];
  }
  const models: ModelSpec[] = [];
  const seen = new Map<string, number>();
  for (const item of list.items as Node[]) {
    const line = lineOf(item?.range?.[0]);
    const parsed = modelSpec.safeParse(item?.toJS?.(document));
    if (!parsed.success) {
      for (const issue of parsed.error.issues)
        faults.push({ line: lineOfPath(item, issue.path, lineOf), problem: nameIssue(item, issue) });
      continue;
    }
    const before = seen.get(parsed.data.id);
    if (before !== undefined) faults.push({ line, problem: `id ${parsed.data.id} was used before, on line ${before}` });
    seen.set(parsed.data.id, line);
    models.push(parsed.data);
  }
  return models;
}

interface Issue {
  path: PropertyKey[];
  message: string;
}

function nameIssue(item: Node, issue: Issue): string {
  const id = isMap(item) ? item.get('id') : undefined;
  const model = typeof id === 'string' ? `model ${id}: ` : '';
  const field = issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  return `${model}${field}${issue.message}`;
}

/** The line of the deepest node on the path that is there. */
function lineOfPath(item: Node, path: PropertyKey[], lineOf: LineOf): number {
  let offset = item?.range?.[0];
  let node: unknown = item;
  for (const key of path) {
    if (!isCollection(node)) break;
    node = node.get(key, true);
    const range = (node as Node | undefined)?.range;
    if (range === undefined || range === null) break;
    offset = range[0];
  }
  return lineOf(offset);
}

function withAbsoluteFile(spec: ModelSpec, folder: string): ModelSpec {
  if (!spec.source?.startsWith('file:') || spec.source.startsWith('file://')) return spec;
  return { ...spec, source: `file:${resolve(folder, spec.source.slice('file:'.length))}` };
}

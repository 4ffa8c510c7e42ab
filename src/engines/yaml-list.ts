/** Reads a YAML file that holds one list, entry by entry; every fault is reported with its line. */

import { readFileSync } from 'node:fs';
import { type Document, isCollection, isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { AssayError } from '../errors.ts';

/** What a file is to hold. */
export interface ListForm<S extends z.ZodType> {
  /** The list stands under this name, or alone; an entry is called by it in the singular. */
  key: 'models' | 'prices';
  entry: S;
  /** The field that tells entries apart. */
  id: string & keyof z.output<S>;
  code: 'models_file_invalid' | 'prices_file_invalid';
  /** Environment variable that names the file. */
  variable: string;
}

interface Fault {
  line: number;
  problem: string;
}

type LineOf = (offset: number | undefined) => number;

/** @throws AssayError of the form's code with the first fault's line and all faults in its message */
export function readYamlList<S extends z.ZodType>(file: string, form: ListForm<S>): z.output<S>[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const problem = `the file cannot be read (${(error as Error).message}); set ${form.variable} to the right path`;
    throw new AssayError(form.code, { file, line: 0, problem }, { cause: error });
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineOf = (offset: number | undefined): number => (offset === undefined ? 1 : lines.linePos(offset).line);
  const faults: Fault[] = document.errors.map((e) => ({ line: lineOf(e.pos[0]), problem: e.message }));
  const entries = faults.length > 0 ? [] : readEntries(document, form, { faults, lineOf });
  const first = faults[0];
  if (first !== undefined) {
    const rest = faults.slice(1).map((fault) => `; line ${fault.line}: ${fault.problem}`);
    const values = { file, line: first.line, problem: first.problem + rest.join('') };
    throw new AssayError(form.code, values, { line: first.line });
  }
  return entries;
}

function readEntries<S extends z.ZodType>(
  document: Document,
  form: ListForm<S>,
  { faults, lineOf }: { faults: Fault[]; lineOf: LineOf },
): z.output<S>[] {
  const { key, id } = form;
  const root = document.contents;
  if (root === null) return [];
  const list = isMap(root) ? root.get(key, true) : root;
  if (isMap(root)) {
    for (const pair of root.items) {
      const name = pair.key as Node & { value?: unknown };
      if (name.value !== key)
        faults.push({ line: lineOf(name.range?.[0]), problem: `${String(name.value)}: only "${key}:" is known here` });
    }
  }
  if (!isSeq(list)) {
    faults.push({ line: lineOf(root.range?.[0]), problem: `must hold a list of ${key} ("- ${id}: …")` });
    return [];
  }
  const entries: z.output<S>[] = [];
  const seen = new Map<unknown, number>();
  for (const item of list.items as Node[]) {
    const line = lineOf(item?.range?.[0]);
    const parsed = form.entry.safeParse(item?.toJS?.(document));
    if (!parsed.success) {
      for (const issue of parsed.error.issues)
        faults.push({ line: lineOfPath(item, issue.path, lineOf), problem: nameIssue(item, issue, form) });
      continue;
    }
    const entry = parsed.data as z.output<S>;
    const before = seen.get(entry[id]);
    if (before !== undefined)
      faults.push({ line, problem: `${id} ${String(entry[id])} was used before, on line ${before}` });
    seen.set(entry[id], line);
    entries.push(entry);
  }
  return entries;
}

interface Issue {
  path: PropertyKey[];
  message: string;
}

function nameIssue(item: Node, issue: Issue, form: { key: string; id: string }): string {
  const id = isMap(item) ? item.get(form.id) : undefined;
  const entry = typeof id === 'string' ? `${form.key.slice(0, -1)} ${id}: ` : '';
  const field = issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  return `${entry}${field}${issue.message}`;
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

/** Reads the tasks of a project page by page, each page behind the number that the one before ended with. */

import { type Ask, askFor, type Wire } from './ask.ts';
import type { RemoteTask } from './client.ts';
import { type Accounts, annotatorsOf, readTask } from './read-task.ts';
import { accountsShape, taskPage } from './shapes.ts';

/** Label Studio takes about 5 ms for a task whatever the page; this many keep an answer within a few megabytes. */
const PAGE = 250;

interface Condition {
  filter: string;
  operator: 'greater';
  type: 'Number';
  value: number;
}

const behind = (field: string, value: number): Condition => ({
  filter: `filter:tasks:${field}`,
  operator: 'greater',
  type: 'Number',
  value,
});

/** Looks addresses of accounts up, and keeps them. */
export type LookUp = (numbers: number[]) => Promise<Accounts>;

export function openAccounts(wire: Wire): LookUp {
  const known = new Map<number, string>();
  return async (numbers) => {
    if (numbers.every((id) => known.has(id))) return known;
    // Someone who only annotates may not see the others: then their numbers stand for them.
    const asked = { method: 'GET', path: '/api/users/', what: 'list its users', takes: [403] } satisfies Ask;
    const found = await askFor(wire, asked, accountsShape.catch([]));
    for (const { id, email } of found) known.set(id, email);
    for (const id of numbers) if (!known.has(id)) known.set(id, '');
    return known;
  };
}

/** All tasks, with data, meta, annotations and predictions, by number. */
export async function* listTasks(wire: Wire, projectId: number, lookUp: LookUp): AsyncGenerator<RemoteTask[]> {
  yield* pagesWhere(wire, { projectId, lookUp, conditions: [] });
}

/**
 * Tasks that have an annotation, skipped ones too, by number. The export gives the same, but leaves two files in Label
 * Studio's data folder each time.
 */
export async function* listAnnotated(wire: Wire, projectId: number, lookUp: LookUp): AsyncGenerator<RemoteTask[]> {
  yield* pagesWhere(wire, { projectId, lookUp, conditions: [behind('annotations_ids', 0)] });
}

interface Wanted {
  projectId: number;
  lookUp: LookUp;
  conditions: Condition[];
}

async function* pagesWhere(wire: Wire, { projectId, lookUp, conditions }: Wanted): AsyncGenerator<RemoteTask[]> {
  let after = 0;
  for (;;) {
    const items = [...conditions, behind('id', after)];
    const query = JSON.stringify({ filters: { conjunction: 'and', items }, ordering: ['tasks:id'] });
    const params = new URLSearchParams({ project: String(projectId), fields: 'all', page_size: String(PAGE), query });
    params.set('resolve_uri', 'false');
    const asked = { method: 'GET', path: `/api/tasks/?${params}`, what: 'list tasks', project: projectId } as const;
    const { tasks } = await askFor(wire, asked, taskPage);
    const last = tasks.at(-1);
    if (last === undefined) return;
    const accounts = await lookUp(annotatorsOf(tasks));
    yield tasks.map((task) => readTask(task, accounts));
    after = last.id;
    if (tasks.length < PAGE) return;
  }
}

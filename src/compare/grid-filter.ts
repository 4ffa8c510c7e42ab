/** Writes what chooses rows of the grid as one SQL condition, for the grid, the exports and changes in bulk alike. */

import type { GridFilter } from '../contracts/workbench.ts';

type Push = (value: unknown) => string;

const ofFilter: Record<GridFilter['filter'][number], string> = {
  differences: 's.differs',
  golden: 's.golden > 0',
  fixed: 's.fixed > 0',
  wrong: 's.wrong > 0',
  needs_review: 's.needs_review',
  failed: 's.failed > 0',
};

const kindOf = { golden: 'golden', fixed: 'fix', wrong: 'wrong' } as const;

/**
 * A condition over the aliases `s` (item_states) and `i` (items); pushes its values. Parts are combined with AND; several
 * values of what an item has one of (category, the decision all agree on, the decision of one model) are alternatives.
 * The empty string stands for none (no category, no decision); case does not tell decisions apart. With `models`, what differs, agrees, failed or was said
 * is over those alone. A part that uses `s` is not true where there is no state. `search` says how words are found: out of
 * the index, which is read as a whole first, or row by row, which is for words that most rows hold.
 *
 *     const values: unknown[] = [versionId];
 *     `select i.ordinal from items i
 *      left join item_states s on s.version_id = i.version_id and s.ordinal = i.ordinal where i.version_id = $1 and ${filterSql(filter, values)}`
 */
export function filterSql(asked: GridFilter, values: unknown[], search: 'index' | 'rows' = 'index'): string {
  const filter = { ...asked, models: [...new Set(asked.models)] };
  const push: Push = (value) =>
    typeof value === 'string' ? `$${values.push(clean(value))}::text` : `$${values.push(value)}`;
  const { models } = filter;
  const parts = filter.filter.map((name) => (models.length === 0 ? ofFilter[name] : ofModels(name, { filter, push })));
  for (const path of filter.differs_at) parts.push(differsAt(path, { models, push }));
  if (filter.agree_on.length > 0) parts.push(agreeOn(filter.agree_on, { models, push }));
  if (filter.category.length > 0) parts.push(anyOf({ column: 'i.category', wanted: filter.category, push }));
  for (const [model, wanted] of decisionsByModel(filter.decided)) {
    const key = push(model);
    const said = anyOf({ column: `s.decisions ->> ${key}`, wanted, push, fold: true });
    parts.push(`(s.decisions ? ${key} and ${said})`);
  }
  if (filter.score_min !== undefined) parts.push(`s.lowest_score >= ${push(filter.score_min)}::real`);
  if (filter.score_max !== undefined) parts.push(`s.lowest_score <= ${push(filter.score_max)}::real`);
  if (filter.cluster !== undefined) parts.push(inCluster(filter.cluster, models, push));
  if (searchOf(filter) !== null) parts.push(holdsWords(filter, search, push));
  return parts.length === 0 ? 'true' : parts.join(' and ');
}

/** Items with a failure in a cluster; with `models` a failure of one of them. */
function inCluster(cluster: string, models: string[], push: Push): string {
  const at = cluster.lastIndexOf(':');
  const of = models.length === 0 ? 'true' : `f.model_id = any (${texts(models, push)})`;
  return `i.item_id in (select f.item_id from analysis_failures f
    where f.analysis_id = ${push(cluster.slice(0, at))} and f.cluster = ${push(Number(cluster.slice(at + 1)))} and ${of})`;
}

/** The words that are searched for; null for none. */
export const searchOf = (filter: GridFilter): string | null => clean(filter.q ?? '').trim() || null;

function holdsWords(filter: GridFilter, search: 'index' | 'rows', push: Push): string {
  const words = push(searchOf(filter)!);
  if (search === 'index') {
    // Inside coalesce it stays a hash that is made once. As a join it was a nested loop of 5 s where the tables had grown
    // faster than their statistics.
    const found = `select w from items_with_words(${push(filter.dataset_id)}, ${words}) as w`;
    return `coalesce(i.ordinal in (${found}), false)`;
  }
  const wanted = `websearch_to_tsquery('simple', ${words})`;
  // The offset keeps it a look at one row's answers; else the planner hashes those of all rows, which takes a second.
  return `(i.words @@ ${wanted} or exists (select from answers wa join runs wr on wr.run_id = wa.run_id and wr.superseded_by is null
    where wa.version_id = i.version_id and wa.ordinal = i.ordinal and wa.words @@ ${wanted} offset 0))`;
}

/** PostgreSQL refuses a text with NUL; nothing holds one. */
const clean = (text: string): string => text.replaceAll('\0', '');

/** `fold` takes values that differ in case alone as one. */
function anyOf(o: { column: string; wanted: string[]; push: Push; fold?: boolean }): string {
  const { column, wanted, push, fold = false } = o;
  const some = wanted.filter((value) => value !== '');
  const parts =
    some.length === 0 ? [] : [fold ? foldedIn(column, some, push) : `${column} = any (${texts(some, push)})`];
  if (some.length < wanted.length) parts.push(`${column} is null`);
  return parts.length === 1 ? parts[0]! : `(${parts.join(' or ')})`;
}

const texts = (values: string[], push: Push): string => `${push(values.map(clean))}::text[]`;

const foldedIn = (column: string, values: string[], push: Push): string =>
  `lower(${column}) = any (array(select lower(v) from unnest(${texts(values, push)}) as v))`;

function decisionsByModel(decided: string[]): Map<string, string[]> {
  const byModel = new Map<string, string[]>();
  for (const each of decided) {
    const at = each.indexOf('=');
    const model = each.slice(0, at);
    byModel.set(model, [...(byModel.get(model) ?? []), each.slice(at + 1)]);
  }
  return byModel;
}

/** Whether two of the models have another value in the object `object` (jsonb of model to text); without one is no difference. */
function apart(object: string, keys: string[]): string {
  const each = keys.map((key) => `((${object}) ->> ${key}) collate "C"`).join(', ');
  return `least(${each}) <> greatest(${each})`;
}

function ofModels(name: keyof typeof ofFilter, on: { filter: GridFilter; push: Push }): string {
  const { filter, push } = on;
  // A parameter that is pushed and not used is an error to PostgreSQL.
  const ofThem = () => texts(filter.models, push);
  switch (name) {
    case 'differences': {
      if (filter.models.length < 2) return 'false';
      const keys = filter.models.map((model) => push(model));
      return `(s.differs and coalesce(${apart('s.groups', keys)}, false))`;
    }
    case 'failed':
      return `s.failing && ${ofThem()}`;
    case 'needs_review':
      return `(s.needs_review and s.decisions ?| ${ofThem()})`;
    default:
      return `(${ofFilter[name]} and exists (select from annotations fn where fn.dataset_id = ${push(filter.dataset_id)}
        and fn.item_id = i.item_id and fn.model_id = any (${ofThem()}) and fn.kind = '${kindOf[name]}'))`;
  }
}

function differsAt(path: string, { models, push }: { models: string[]; push: Push }): string {
  if (models.length === 1) return 'false';
  const at = push(path);
  const any = `s.diff_fields @> array[${at}]`;
  if (models.length === 0) return any;
  const keys = models.map((model) => push(model));
  return `(${any} and coalesce(${apart(`s.classes -> ${at}`, keys)}, false))`;
}

/** All of the models that answered have one of these decisions, the same one; at least two answered. */
function agreeOn(wanted: string[], { models, push }: { models: string[]; push: Push }): string {
  if (models.length === 0) return foldedIn('s.agreed', wanted, push);
  const keys = models.map((model) => push(model));
  const present = keys.map((key) => `(s.decisions ? ${key})::int`).join(' + ');
  const decisions = keys.map((key) => `s.decisions ->> ${key}`);
  const complete = decisions.map((decision, i) => `(${decision} is not null or not s.decisions ? ${keys[i]})`);
  return `(${present} >= 2 and ${complete.join(' and ')} and not coalesce(${apart('s.decisions', keys)}, false)
    and ${foldedIn(`coalesce(${decisions.join(', ')})`, wanted, push)})`;
}

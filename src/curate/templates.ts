/** Keeps prompt templates by name, with the items that stand in them as examples. */

import { randomUUID } from 'node:crypto';
import type { TemplateObject } from '../contracts/curation.ts';
import { idText } from '../datasets/version-items.ts';
import type { Database } from '../db/database.ts';
import { AssayError } from '../errors.ts';
import { parseTemplate } from '../prompts/template.ts';
import { checkText } from './annotation-row.ts';

interface TemplateRow {
  template_id: string;
  name: string;
  text: string;
  example_items: string[];
  created_at: Date;
}

const columns = 'template_id, name, text, example_items, created_at';

/** All of the user's, by name. */
export async function listTemplates(db: Database, userId: string): Promise<TemplateObject[]> {
  const { rows } = await db.asUser(userId, (q) =>
    q.query<TemplateRow>(`select ${columns} from templates where user_id = $1 order by name`, [userId]),
  );
  return rows.map(templateOf);
}

/** A template of the same name is replaced and keeps its id. @throws AssayError input_invalid with the template's line */
export async function keepTemplate(
  db: Database,
  userId: string,
  template: { name: string; text: string; example_items: string[] },
): Promise<TemplateObject> {
  const { name, text, example_items: items } = template;
  checkText('name', name);
  checkText('text', text);
  for (const [place, item] of items.entries()) checkText(`example_items.${place}`, item);
  parseTemplate(name, text);
  const { rows } = await db.asUser(userId, (q) =>
    q.query<TemplateRow>(
      `insert into templates (template_id, user_id, name, text, example_items) values ($1, $2, $3, $4, $5)
       on conflict (user_id, name) do update set text = excluded.text, example_items = excluded.example_items,
         created_at = now()
       returning ${columns}`,
      [`tpl_${randomUUID().replaceAll('-', '')}`, userId, name, text, items],
    ),
  );
  return templateOf(rows[0]!);
}

/** Runs that used it keep its text. @throws AssayError not_found */
export async function removeTemplate(db: Database, userId: string, id: string): Promise<void> {
  const { rowCount } = await db.asUser(userId, (q) =>
    q.query('delete from templates where template_id = $1 and user_id = $2', [idText(id), userId]),
  );
  if (rowCount === 0) throw new AssayError('not_found', { kind: 'template', id, list: '/admin/templates' });
}

function templateOf(row: TemplateRow): TemplateObject {
  const { template_id: id, name, text, example_items } = row;
  return { id, name, text, example_items, created_at: Math.floor(row.created_at.getTime() / 1000) };
}

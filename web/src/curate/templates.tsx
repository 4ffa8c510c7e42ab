/** Prompt templates that runs can choose: those there are, and what takes one away. */

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { TemplateObject } from '../../../src/contracts/curation.ts';
import { deleteJson, getJson, path } from '../api/client.ts';
import { listed } from '../api/queries.ts';
import styles from './curate.module.css';
import { RemoveButton } from './golden-sets.tsx';

const key = ['templates'];

export function useTemplates() {
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => listed(await getJson<{ data: TemplateObject[] }>('/admin/templates', { signal })),
  });
  return { templates: query.data ?? [], refresh: () => queries.invalidateQueries({ queryKey: key }) };
}

export function Templates() {
  const { templates, refresh } = useTemplates();
  const remove = useMutation({
    mutationFn: (id: string) => deleteJson(path`/admin/templates/${id}`),
    onSuccess: refresh,
  });
  if (templates.length === 0) return null;
  return (
    <>
      <h3 className={styles.under}>Templates</h3>
      <ul className={styles.templates}>
        {templates.map(({ id, name, text, example_items }) => (
          <li key={id}>
            <details>
              <summary>
                {name}{' '}
                <span className={styles.dim}>{example_items.length > 0 && `${example_items.length} examples`}</span>
              </summary>
              <pre className={styles.block}>{text}</pre>
              <RemoveButton name={name} remove={() => remove.mutate(id)} />
            </details>
          </li>
        ))}
      </ul>
    </>
  );
}

/** The prompt of a run: a text with the dataset's columns in it, one that was saved or a new one. */

import { Button, Group, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useLayoutEffect, useRef, useState } from 'react';
import type { TemplateObject } from '../../../src/contracts/curation.ts';
import type { Column } from '../../../src/contracts/datasets.ts';
import { getJson, postJson } from '../api/client.ts';
import { listed } from '../api/queries.ts';
import pageStyles from '../app/page.module.css';
import { Fault } from '../app/states.tsx';
import { tell } from '../app/tell.ts';
import { withColumn } from './new-run.ts';
import type { FormPart } from './new-run-dialog.tsx';
import styles from './runs.module.css';

const templatesKey = ['templates'] as const;

export function useTemplates() {
  return useQuery({
    queryKey: templatesKey,
    queryFn: async ({ signal }) => listed(await getJson<{ data: TemplateObject[] }>('/admin/templates', { signal })),
  });
}

interface TemplateFieldProps extends FormPart {
  columns: Column[];
  templates: ReturnType<typeof useTemplates>;
}

export function TemplateField({ form, set, columns, templates }: TemplateFieldProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const insert = useInsert(area, form.template, (template) => set({ template }));
  const saved = templates.data?.find(({ id }) => id === form.templateId) ?? null;
  const choose = (id: string | null) => {
    const chosen = templates.data?.find((each) => each.id === id) ?? null;
    set({ templateId: chosen?.id ?? null, template: chosen?.text ?? '' });
  };
  return (
    <fieldset className={pageStyles.fieldset}>
      <legend>Prompt</legend>
      <Stack gap="xs">
        {templates.isError && <Fault error={templates.error} again={() => void templates.refetch()} />}
        {(templates.data?.length ?? 0) > 0 && (
          <Select
            label="Saved template"
            placeholder="None"
            clearable
            searchable
            clearButtonProps={{ 'aria-label': 'Take no saved template' }}
            data={templates.data!.map(({ id, name }) => ({ value: id, label: name }))}
            value={saved === null ? null : form.templateId}
            onChange={choose}
          />
        )}
        {saved !== null && saved.example_items.length > 0 && (
          <Text size="xs" c="dimmed">
            The {saved.example_items.length} items that stand in it as examples are left out of the run.
          </Text>
        )}
        <Textarea
          ref={area}
          className={styles.mono!}
          label="Template"
          description="Needed for tables; items that are messages or prompts run as they are when it is empty. Lines “--- system ---” and “--- user ---” begin a message."
          placeholder={'--- user ---\nWhat do you think of {{name}}?'}
          autosize
          minRows={4}
          maxRows={14}
          value={form.template}
          onChange={(event) => set({ template: event.currentTarget.value })}
        />
        {columns.length > 0 && (
          <fieldset className={styles.chips} aria-label="Put a column into the template">
            {columns.map(({ path }) => (
              <button
                key={path}
                type="button"
                className={styles.chip}
                title={`Put in {{${path}}}`}
                onClick={() => insert(path)}
              >
                {`{{${path}}}`}
              </button>
            ))}
          </fieldset>
        )}
        {form.template.trim() !== '' && form.template !== saved?.text && (
          <SaveTemplate
            text={form.template}
            name={saved?.name ?? ''}
            examples={saved?.example_items ?? []}
            onSaved={(id) => set({ templateId: id })}
          />
        )}
      </Stack>
    </fieldset>
  );
}

/** Puts a column where the cursor stands, and the cursor behind it. */
function useInsert(area: React.RefObject<HTMLTextAreaElement | null>, text: string, change: (text: string) => void) {
  const cursor = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (cursor.current === null || !area.current) return;
    area.current.focus();
    area.current.setSelectionRange(cursor.current, cursor.current);
    cursor.current = null;
  });
  return (column: string) => {
    const from = area.current?.selectionStart ?? text.length;
    const next = withColumn(text, { from, to: area.current?.selectionEnd ?? from }, column);
    cursor.current = next.cursor;
    change(next.text);
  };
}

interface SaveTemplateProps {
  text: string;
  name: string;
  examples: string[];
  onSaved: (id: string) => void;
}

function SaveTemplate({ text, name: before, examples, onSaved }: SaveTemplateProps) {
  const [name, setName] = useState(before);
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: () =>
      postJson<TemplateObject>('/admin/templates', { name: name.trim(), text, example_items: examples }),
    onSuccess: async (kept) => {
      await queries.invalidateQueries({ queryKey: templatesKey });
      tell(`Saved the template ${kept.name}.`);
      onSaved(kept.id);
    },
  });
  return (
    <>
      <Group gap="xs" align="end">
        <TextInput
          flex={1}
          label="Save it as"
          description="A template of the same name is replaced"
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button variant="default" disabled={name.trim() === ''} loading={save.isPending} onClick={() => save.mutate()}>
          Save template
        </Button>
      </Group>
      {save.isError && <Fault title="The template was not saved" error={save.error} />}
    </>
  );
}

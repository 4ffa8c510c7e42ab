/** Which models run: a list to tick, with a search where it is long. */

import { Anchor, Checkbox, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { bytesText } from '../app/figures.ts';
import pageStyles from '../app/page.module.css';
import { Fault, Nothing, Waiting } from '../app/states.tsx';
import { type KnownModel, useModels } from '../models/use-models.ts';
import type { FormPart } from './new-run-dialog.tsx';
import styles from './runs.module.css';

const SEARCH_FROM = 9;

export function ModelChoice({ form, set }: FormPart) {
  const models = useModels();
  const [search, setSearch] = useState('');
  const all = (models.data ?? []).filter(({ embeddings }) => embeddings !== true);
  const wanted = search.trim().toLowerCase();
  const shown = all.filter(({ id }) => id.toLowerCase().includes(wanted) || form.models.includes(id));
  return (
    <fieldset className={pageStyles.fieldset}>
      <legend>Models</legend>
      {models.isPending && <Waiting what="models" />}
      {models.isError && <Fault error={models.error} again={() => void models.refetch()} />}
      {models.isSuccess && all.length === 0 && (
        <Nothing>
          There is no model yet.{' '}
          <Anchor component={Link} to="/models">
            Add one
          </Anchor>{' '}
          first.
        </Nothing>
      )}
      {all.length >= SEARCH_FROM && (
        <TextInput
          mb="xs"
          aria-label="Search models"
          placeholder="Search"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      {all.length > 0 && (
        <Checkbox.Group aria-label="Models" value={form.models} onChange={(chosen) => set({ models: chosen })}>
          <Stack gap={6} className={styles.models!}>
            {shown.map((model, at) => (
              <Checkbox
                key={model.id}
                value={model.id}
                label={model.id}
                description={about(model)}
                {...(at === 0 ? { 'data-autofocus': true } : {})}
              />
            ))}
            {shown.length === 0 && <Text size="xs">No model of that name.</Text>}
          </Stack>
        </Checkbox.Group>
      )}
    </fieldset>
  );
}

function about({ engine, bytes, license, base_url, state }: KnownModel): string {
  return [engine, base_url, bytes === undefined ? null : bytesText(bytes), license, state]
    .filter((text) => text !== null && text !== undefined)
    .join(' · ');
}

/** The API key that this browser sends: shown as there or not, set, forgotten. */

import { Button, Code, Group, PasswordInput, Text, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { apiKey, keepApiKey } from '../api/key.ts';

export function KeySetting() {
  const [has, setHas] = useState(apiKey() !== null);
  const [key, setKey] = useState('');
  const queries = useQueryClient();
  const keep = (value: string | null) => {
    keepApiKey(value);
    setHas(value !== null);
    setKey('');
    void queries.invalidateQueries();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (key.trim() !== '') keep(key.trim());
  };
  return (
    <section aria-label="API key">
      <Title order={2}>API key</Title>
      <Text size="sm" maw="46rem" mb="xs">
        {has ? 'This browser sends a key.' : 'This browser sends no key; on the machine of the server none is needed.'}{' '}
        Keys are made with <Code>npx assay keys add NAME</Code>, and clients send one as{' '}
        <Code>Authorization: Bearer KEY</Code>. A key kept here stays in this browser.
      </Text>
      <form onSubmit={submit}>
        <Group align="end" gap="xs">
          <PasswordInput
            label={has ? 'Another key' : 'Key'}
            autoComplete="off"
            w="20rem"
            maw="100%"
            value={key}
            onChange={(event) => setKey(event.currentTarget.value)}
          />
          <Button type="submit" disabled={key.trim() === ''}>
            Use it
          </Button>
          {has && (
            <Button variant="default" onClick={() => keep(null)}>
              Forget the key
            </Button>
          )}
        </Group>
      </form>
    </section>
  );
}

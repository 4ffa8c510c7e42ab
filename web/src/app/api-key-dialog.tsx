/** Asks for an API key when the server wants one; it is kept in this browser only. */

import { Button, Group, Modal, PasswordInput, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { apiKey, keepApiKey, onKeyWanted } from '../api/key.ts';

export function ApiKeyDialog() {
  const [open, setOpen] = useState(false);
  const [key, setKey] = useState('');
  const queries = useQueryClient();
  useEffect(() => onKeyWanted(setOpen), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    keepApiKey(key.trim() === '' ? null : key.trim());
    void queries.invalidateQueries();
  };
  return (
    <Modal opened={open} onClose={() => setOpen(false)} title="This server asks for a key">
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">
            {apiKey() === null
              ? 'Keys are made with "assay keys add".'
              : 'The key that this browser has was not accepted.'}{' '}
            It is kept in this browser only.
          </Text>
          <PasswordInput
            label="API key"
            placeholder="ask-…"
            autoComplete="off"
            data-autofocus
            value={key}
            onChange={(event) => setKey(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setOpen(false)}>
              Cancel
            </Button>
            <Button type="submit">Use this key</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

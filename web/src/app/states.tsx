/** What stands where data would be: while it is fetched, when that failed, when there is none. */

import { Alert, Button, Group, Loader, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { messageOf } from '../api/client.ts';

export function Waiting({ what }: { what: string }) {
  return (
    <Group gap="xs" p="sm" role="status">
      <Loader size="xs" aria-hidden="true" />
      <Text size="sm" c="dimmed">
        Loading {what} …
      </Text>
    </Group>
  );
}

interface FaultProps {
  error: unknown;
  /** What did not work; the message itself is the server's. */
  title?: string;
  again?: () => void;
  close?: () => void;
}

/** The whole message: it names line, column and remedy. */
export function Fault({ error, title, again, close }: FaultProps) {
  return (
    <Alert
      role="alert"
      color="red"
      variant="light"
      p="xs"
      {...(title === undefined ? {} : { title })}
      {...(close ? { withCloseButton: true, closeButtonLabel: 'Close the message', onClose: close } : {})}
    >
      <Text size="xs" c="var(--ink)" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {messageOf(error)}
      </Text>
      {again && (
        <Button mt="xs" size="compact-xs" variant="default" onClick={again}>
          Try again
        </Button>
      )}
    </Alert>
  );
}

export function Nothing({ children }: { children: ReactNode }) {
  return (
    <Text size="sm" c="dimmed" p="sm" component="div">
      {children}
    </Text>
  );
}

/** The connection to Label Studio: who is connected to where, made with an address and a token, and ended. */

import { Alert, Anchor, Button, Group, PasswordInput, Text, TextInput, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { Link } from 'react-router';
import type { ConnectionObject } from '../../../src/contracts/label-studio.ts';
import { ApiError } from '../api/client.ts';
import { ConfirmDialog } from '../app/confirm-dialog.tsx';
import { momentText } from '../app/figures.ts';
import { Fault, Waiting } from '../app/states.tsx';
import { tell } from '../app/tell.ts';
import { connectFaults } from '../labelling/connect-faults.ts';
import { safeUrl } from '../labelling/label-words.ts';
import { useConnect, useConnection, useDisconnect } from '../labelling/use-connection.ts';

export function LabelStudioSetting() {
  const connection = useConnection();
  return (
    <section id="label-studio" aria-label="Label Studio" style={{ scrollMarginTop: 'var(--head)' }}>
      <Title order={2}>Label Studio</Title>
      <Text size="sm" maw="46rem" mb="xs">
        With the token Assay acts as you there: it sends tasks and reads annotations. In Label Studio it is under
        Account &amp; Settings (the picture at the top right), as Personal Access Token or, where it is switched on,
        Legacy Token; here it is kept encrypted and never shown again.
      </Text>
      {connection.isPending && <Waiting what="the connection" />}
      {connection.isError && !connection.data && (
        <Fault error={connection.error} again={() => void connection.refetch()} />
      )}
      {connection.data && <Connection now={connection.data} />}
    </section>
  );
}

function Connection({ now }: { now: ConnectionObject }) {
  const [other, setOther] = useState(false);
  if (!now.connected) return <ConnectForm before={null} onDone={() => setOther(false)} />;
  return (
    <>
      <Connected now={now} change={other ? null : () => setOther(true)} />
      {other && <ConnectForm before={now} onDone={() => setOther(false)} />}
    </>
  );
}

function Connected({ now, change }: { now: ConnectionObject; change: (() => void) | null }) {
  const [ending, setEnding] = useState(false);
  const disconnect = useDisconnect();
  const to = safeUrl(now.base_url);
  return (
    <>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        Connected to{' '}
        {to === null ? (
          now.base_url
        ) : (
          <Anchor href={to} target="_blank" rel="noreferrer" underline="always" inherit>
            {now.base_url}
          </Anchor>
        )}{' '}
        as <b>{now.account}</b>, version {now.version}, by a {now.token_kind} token
        {now.checked_at !== null && `; last checked ${momentText(now.checked_at)}`}.{' '}
        <Anchor component={Link} to="/label-studio" underline="always" inherit>
          Projects
        </Anchor>
      </Text>
      {now.problem !== null && (
        <Alert role="alert" color="red" variant="light" p="xs" mt="xs" title="It does not serve at present">
          <Text size="sm" c="var(--ink)" style={{ overflowWrap: 'anywhere' }}>
            {now.problem}
          </Text>
        </Alert>
      )}
      <Group gap="xs" mt="xs">
        {change !== null && (
          <Button variant="default" onClick={change}>
            Another address or token
          </Button>
        )}
        <Button variant="default" onClick={() => setEnding(true)}>
          Disconnect
        </Button>
      </Group>
      {ending && (
        <ConfirmDialog
          title="Disconnect from Label Studio?"
          action="Disconnect"
          busy={disconnect.isPending}
          error={disconnect.error}
          onConfirm={() =>
            disconnect.mutate(undefined, {
              onSuccess: () => {
                setEnding(false);
                tell('Disconnected; the token was forgotten.');
              },
            })
          }
          onClose={() => setEnding(false)}
        >
          <p style={{ margin: 0 }}>
            The token is forgotten, and annotations are not looked for any more. Projects stay on both sides, and what
            was taken over stays here.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}

/** `before`: the connection that another takes the place of. */
function ConnectForm({ before, onDone }: { before: ConnectionObject | null; onDone: () => void }) {
  const [url, setUrl] = useState(before?.base_url ?? '');
  const [token, setToken] = useState('');
  const connect = useConnect();
  const faults = connect.error instanceof ApiError ? connectFaults(connect.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (url.trim() === '' || token.trim() === '' || connect.isPending) return;
    connect.mutate(
      { base_url: url.trim(), token: token.trim() },
      {
        onSuccess: ({ account }) => {
          setToken('');
          onDone();
          tell(`Connected to Label Studio as ${account}.`);
        },
      },
    );
  };
  return (
    <form onSubmit={submit} noValidate>
      <Group align="start" gap="xs" mt="xs">
        <TextInput
          label="Address"
          placeholder="http://localhost:8080"
          type="url"
          autoComplete="off"
          w="20rem"
          maw="100%"
          value={url}
          error={faults?.base_url}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        <PasswordInput
          label="Token"
          autoComplete="off"
          w="20rem"
          maw="100%"
          value={token}
          error={faults?.token}
          aria-invalid={faults?.token !== undefined}
          onChange={(event) => setToken(event.currentTarget.value)}
        />
      </Group>
      {connect.isError && faults === null && <Fault title="Not connected" error={connect.error} />}
      <Group gap="xs" mt="xs">
        <Button type="submit" loading={connect.isPending} disabled={url.trim() === '' || token.trim() === ''}>
          Connect
        </Button>
        {before !== null && (
          <Button variant="default" onClick={onDone}>
            Keep the connection there is
          </Button>
        )}
      </Group>
    </form>
  );
}

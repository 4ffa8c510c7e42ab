/** What a page shows instead of itself: when it broke, and when there is none at the address. */

import { Button, Code, Group, Stack, Text, Title } from '@mantine/core';
import { Link, useRouteError } from 'react-router';
import { messageOf } from '../api/client.ts';

export function Broken() {
  const error = useRouteError();
  return (
    <Stack p="xl" maw="42rem" role="alert">
      <Title order={1}>This page broke</Title>
      <Text>Nothing on the server was changed. Reload it; if it breaks again, this is what it said:</Text>
      <Code block>{messageOf(error)}</Code>
      <Group>
        <Button onClick={() => location.reload()}>Reload</Button>
      </Group>
    </Stack>
  );
}

export function NotFound() {
  return (
    <Stack p="xl" maw="42rem">
      <Title order={1}>There is no such page</Title>
      <Text>
        <Link to="/">The workbench</Link> is at the root.
      </Text>
    </Stack>
  );
}

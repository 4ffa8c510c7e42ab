/** Says which labels are not kept yet and why, and sends them again. */

import { Alert, Button, Group, Text } from '@mantine/core';
import { countText } from '../grid/cell-text.ts';
import { outbox, useUnsaved } from './browser-labels.ts';

/** Refused labels listed one by one. */
const MOST = 5;

export function UnsavedLabels() {
  const unsaved = useUnsaved();
  const late = unsaved.find(({ problem, refused }) => problem !== null && !refused);
  const refused = unsaved.filter((each) => each.refused);
  if (late === undefined && refused.length === 0) return null;
  const waiting = unsaved.length - refused.length;
  return (
    <Alert role="alert" color="red" variant="light" p="xs" title={titleOf(unsaved.length)}>
      <Text size="xs" c="var(--ink)" component="div" style={{ overflowWrap: 'anywhere' }}>
        {late && (
          <p style={{ margin: 0 }}>
            {late.problem} {countText(waiting)} {waiting === 1 ? 'waits' : 'wait'} in this browser and{' '}
            {waiting === 1 ? 'is' : 'are'} sent again by {waiting === 1 ? 'itself' : 'themselves'}.
          </p>
        )}
        {refused.slice(0, MOST).map(({ key, name, what, label, problem }) => (
          <Group key={key} gap="xs" mt="xs" justify="space-between">
            <span>
              {what === 'undo' ? 'Taking back' : `“${label.verdict}”`} of {name}: {problem}
            </span>
            <Button size="compact-xs" variant="default" onClick={() => outbox.drop(key)}>
              Let it go
            </Button>
          </Group>
        ))}
        {refused.length > MOST && <p>and {countText(refused.length - MOST)} more</p>}
      </Text>
      <Button mt="xs" size="compact-xs" variant="default" onClick={() => outbox.again()}>
        Try again now
      </Button>
    </Alert>
  );
}

const titleOf = (count: number) =>
  count === 1 ? 'One label is not kept yet' : `${countText(count)} labels are not kept yet`;

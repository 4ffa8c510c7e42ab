/** Patterns that read the decision out of answers that are not JSON, tried in their order. */

import { ActionIcon, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import type { DecisionRule } from '../../../src/contracts/datasets.ts';
import { Close } from '../app/icons.tsx';
import { ruleFault } from './dataset-change.ts';

interface DecisionRulesProps {
  rules: DecisionRule[];
  onChange: (rules: DecisionRule[]) => void;
}

const MOST = 20;

export function DecisionRules({ rules, onChange }: DecisionRulesProps) {
  const change = (at: number, part: Partial<DecisionRule>) =>
    onChange(rules.map((rule, i) => (i === at ? { ...rule, ...part } : rule)));
  return (
    <Stack gap="xs" role="group" aria-label="Rules for answers that are not JSON">
      <Text size="xs" c="dimmed">
        Rules for answers that are not JSON: the first pattern that matches gives the decision, by its first group.
      </Text>
      {rules.map((rule, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rules are known by their place
        <Group key={at} gap="xs" wrap="nowrap" align="start">
          <TextInput
            flex={1}
            aria-label={`Pattern of rule ${at + 1}`}
            placeholder="answer is (yes|no)"
            ff="monospace"
            maxLength={500}
            value={rule.pattern}
            error={ruleFault(rule)}
            onChange={(event) => change(at, { pattern: event.currentTarget.value })}
          />
          <TextInput
            w="4rem"
            aria-label={`Flags of rule ${at + 1}`}
            placeholder="i"
            value={rule.flags}
            onChange={(event) => change(at, { flags: event.currentTarget.value })}
          />
          <ActionIcon
            mt={2}
            aria-label={`Remove rule ${at + 1}`}
            onClick={() => onChange(rules.filter((_, i) => i !== at))}
          >
            <Close />
          </ActionIcon>
        </Group>
      ))}
      <div>
        <Button
          variant="default"
          size="compact-xs"
          disabled={rules.length >= MOST}
          onClick={() => onChange([...rules, { pattern: '', flags: 'i' }])}
        >
          Add a rule
        </Button>
      </div>
    </Stack>
  );
}

/** Chooses which models are columns, and in which order. */

import { ActionIcon, Button, Checkbox, Group, Popover, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { ChevronLeft, ChevronRight } from '../app/icons.tsx';

interface ColumnsMenuProps {
  all: readonly string[];
  /** Empty: all, in the order they came. */
  chosen: readonly string[];
  choose: (models: string[]) => void;
  icon: ReactNode;
}

export function ColumnsMenu({ all, chosen, choose, icon }: ColumnsMenuProps) {
  const shown = chosen.length === 0 ? [...all] : chosen.filter((model) => all.includes(model));
  const rest = all.filter((model) => !shown.includes(model));
  const set = (models: string[]) => {
    const asIs = models.length === all.length && models.every((model, i) => model === all[i]);
    choose(asIs ? [] : models);
  };
  const move = (at: number, by: number) => {
    const models = [...shown];
    const [model] = models.splice(at, 1);
    models.splice(at + by, 0, model!);
    set(models);
  };
  return (
    <Popover position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon aria-label="Models shown" title="Models shown">
          {icon}
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs" miw="14rem" maw="22rem">
          <Text size="xs" c="dimmed">
            What differs is over the models shown.
          </Text>
          {[...shown, ...rest].map((model, at) => (
            <Group key={model} gap={4} wrap="nowrap">
              <Checkbox
                flex={1}
                label={model}
                checked={shown.includes(model)}
                disabled={shown.length === 1 && shown.includes(model)}
                onChange={() => set(shown.includes(model) ? shown.filter((each) => each !== model) : [...shown, model])}
              />
              {shown.includes(model) && (
                <>
                  <ActionIcon
                    size="sm"
                    aria-label={`Move ${model} to the left`}
                    disabled={at === 0}
                    onClick={() => move(at, -1)}
                  >
                    <ChevronLeft size={12} />
                  </ActionIcon>
                  <ActionIcon
                    size="sm"
                    aria-label={`Move ${model} to the right`}
                    disabled={at === shown.length - 1}
                    onClick={() => move(at, 1)}
                  >
                    <ChevronRight size={12} />
                  </ActionIcon>
                </>
              )}
            </Group>
          ))}
          {chosen.length > 0 && (
            <Button variant="subtle" onClick={() => choose([])}>
              All, as they came
            </Button>
          )}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

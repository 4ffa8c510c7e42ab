/** Which score decides whether a prediction is right, and from where on. */

import { NumberInput, Select } from '@mantine/core';
import type { MarkView } from './predictions-view.ts';
import { scoreText } from './score-words.ts';

interface MarkFieldsProps {
  /** Names of the scores that there are. */
  scores: readonly string[];
  view: MarkView;
  change: (part: Partial<MarkView>) => void;
}

export function MarkFields({ scores, view, change }: MarkFieldsProps) {
  const names = scores.includes(view.score) ? scores : [...scores, view.score];
  return (
    <>
      <Select
        label="Right by"
        w="10rem"
        allowDeselect={false}
        data={names.map((value) => ({ value, label: scoreText(value) }))}
        value={view.score}
        onChange={(score) => change({ score: score ?? view.score })}
      />
      <NumberInput
        label="from a score of"
        w="8rem"
        min={0}
        max={1}
        step={0.1}
        decimalScale={3}
        clampBehavior="strict"
        value={view.mark}
        onChange={(mark) => {
          if (typeof mark === 'number') change({ mark });
        }}
      />
    </>
  );
}

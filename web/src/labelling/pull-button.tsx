/** Looks for annotations now, and says what came. */

import { Button } from '@mantine/core';
import type { LabelProject } from '../../../src/contracts/label-studio.ts';
import { tell, tellFault } from '../app/tell.ts';
import { pulledText } from './label-words.ts';
import { usePull } from './use-labelling.ts';

export function PullButton({ project }: { project: LabelProject }) {
  const pull = usePull(project.id);
  return (
    <Button
      variant="default"
      loading={pull.isPending}
      onClick={() => pull.mutate(undefined, { onSuccess: (pulled) => tell(pulledText(pulled)), onError: tellFault })}
    >
      Pull now
    </Button>
  );
}

/** What can be made of a pattern: the grid with its failures, marks, a golden set, a rule, training data. */

import { Button, Group } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import type { WholeAnalysis } from '../../../src/contracts/analyses.ts';
import { BulkDialog } from '../annotate/bulk-dialog.tsx';
import { address } from '../api/client.ts';
import { readView } from '../workbench/view.ts';
import { clusterFilter } from './analysis-view.ts';
import { rubricOfPattern } from './pattern-rule.ts';
import { type Found, titleOf } from './pattern-words.ts';
import { GenerateDialog } from './resume-dialogs.tsx';
import { isGoing } from './use-analyses.ts';

export function PatternActions({ analysis, found }: { analysis: WholeAnalysis; found: Found }) {
  const [asked, setAsked] = useState<'mark' | 'generate' | null>(null);
  const queries = useQueryClient();
  const { cluster, pattern } = found;
  const dataset = analysis.test_dataset_id ?? analysis.dataset_id;
  const filter = clusterFilter(analysis.id, cluster.cluster);
  const rule = rubricOfPattern({ title: titleOf(found), description: pattern?.description ?? '' });
  const models = Object.keys(cluster.models);
  return (
    <Group gap="xs">
      {dataset !== null && (
        <>
          <Button component={Link} variant="default" to={address('/', { dataset, cluster: filter })}>
            Show in grid
          </Button>
          <Button variant="default" onClick={() => setAsked('mark')}>
            Mark as wrong
          </Button>
          <Button component={Link} variant="default" to={address('/', { dataset, show: 'curate', cluster: filter })}>
            Golden set from these
          </Button>
        </>
      )}
      {cluster.cluster >= 0 && (
        <>
          <Button component={Link} variant="default" to="/judging/rubrics?rubric=new" state={{ rubric: rule }}>
            Make a rule of it
          </Button>
          <Button variant="default" disabled={isGoing(analysis)} onClick={() => setAsked('generate')}>
            Generate data for this
          </Button>
        </>
      )}
      {dataset !== null && (
        <BulkDialog
          opened={asked === 'mark'}
          onClose={() => setAsked(null)}
          view={{ ...readView(new URLSearchParams()), dataset, cluster: filter }}
          models={models}
          model={models[0]}
          kind="wrong"
          done={() => void queries.invalidateQueries({ queryKey: ['stats', dataset] })}
        />
      )}
      {asked === 'generate' && (
        <GenerateDialog analysis={analysis} clusters={[cluster.cluster]} onClose={() => setAsked(null)} />
      )}
    </Group>
  );
}

/** What can be done with an analysis: end it, go on with it, make training data, delete it. */

import { Button, Group } from '@mantine/core';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { WholeAnalysis } from '../../../src/contracts/analyses.ts';
import { ConfirmDialog } from '../app/confirm-dialog.tsx';
import { tellFault } from '../app/tell.ts';
import { GenerateDialog } from './resume-dialogs.tsx';
import { isGoing, useAnalysisAct } from './use-analyses.ts';

type Asking = 'cancel' | 'remove' | 'generate';

export function AnalysisActions({ analysis }: { analysis: WholeAnalysis }) {
  const [asking, setAsking] = useState<Asking | null>(null);
  const act = useAnalysisAct(analysis.id);
  const close = () => setAsking(null);
  const going = isGoing(analysis);
  const goOn = () => act.mutate({ act: 'resume', with: {} }, { onError: tellFault });
  return (
    <Group gap="xs">
      {going && (
        <Button variant="default" onClick={() => setAsking('cancel')}>
          Cancel
        </Button>
      )}
      {!going && analysis.status !== 'completed' && (
        <Button loading={act.isPending} onClick={goOn}>
          Go on
        </Button>
      )}
      {!going && analysis.clusters > 0 && (
        <Button variant="default" onClick={() => setAsking('generate')}>
          Generate data
        </Button>
      )}
      <Button variant="default" onClick={() => setAsking('remove')}>
        Delete
      </Button>
      {asking === 'cancel' && <CancelDialog analysis={analysis} onClose={close} />}
      {asking === 'remove' && <RemoveDialog analysis={analysis} onClose={close} />}
      {asking === 'generate' && <GenerateDialog analysis={analysis} clusters={null} onClose={close} />}
    </Group>
  );
}

interface DialogProps {
  analysis: WholeAnalysis;
  onClose: () => void;
}

function CancelDialog({ analysis, onClose }: DialogProps) {
  const act = useAnalysisAct(analysis.id);
  return (
    <ConfirmDialog
      title="Cancel this analysis?"
      action="Cancel the analysis"
      busy={act.isPending}
      onConfirm={() => act.mutate({ act: 'cancel' }, { onSettled: onClose })}
      onClose={onClose}
    >
      <p>What its steps made so far stays. It can go on later.</p>
    </ConfirmDialog>
  );
}

function RemoveDialog({ analysis, onClose }: DialogProps) {
  const act = useAnalysisAct(analysis.id);
  const navigate = useNavigate();
  return (
    <ConfirmDialog
      title="Delete this analysis?"
      action="Delete"
      busy={act.isPending}
      onConfirm={() => act.mutate({ act: 'remove' }, { onSuccess: () => void navigate('/failures'), onError: onClose })}
      onClose={onClose}
    >
      <p>
        Its patterns and its training data go with it{isGoing(analysis) ? ', and it is ended first' : ''}. The answers
        and the verdicts stay.
      </p>
    </ConfirmDialog>
  );
}

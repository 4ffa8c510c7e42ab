/** What is said over the grid when there are no rows to show, or they cannot be had. */

import { Button, Loader, Text } from '@mantine/core';
import { messageOf } from '../api/client.ts';
import type { ChangeView } from '../workbench/use-view.ts';
import { conditions, unfiltered, type View } from '../workbench/view.ts';
import styles from './answers.module.css';
import type { ShownGrid } from './use-grid-store.ts';

interface GridStateProps {
  shown: ShownGrid;
  view: View;
  change: ChangeView;
}

export function GridState({ shown, view, change }: GridStateProps) {
  const { store, snapshot } = shown;
  const { error, total, rows } = snapshot;
  if (error) {
    return (
      <div className={styles.fault} role="alert">
        {messageOf(error)}{' '}
        <Button size="compact-xs" variant="subtle" onClick={store.renew}>
          Try again
        </Button>
        {view.models.length > 0 && (
          <Button size="compact-xs" variant="subtle" onClick={() => change({ models: [] })}>
            Show all models
          </Button>
        )}
      </div>
    );
  }
  if (total === null) {
    return (
      <div className={styles.state}>
        <Loader role="status" aria-label="Loading the answers" />
      </div>
    );
  }
  if (rows > 0) {
    if (snapshot.models.length > 0) return null;
    return (
      <div className={styles.aside}>
        <Text fw={600}>No model has answered yet</Text>
        <Text size="sm">Start a run, or import answers made elsewhere from the menu of the dataset.</Text>
      </div>
    );
  }
  return (
    <div className={styles.state}>
      <Text>{conditions(view) > 0 ? 'No row passes all of these conditions.' : 'This dataset has no items.'}</Text>
      {conditions(view) > 0 && (
        <Button variant="default" onClick={() => change(unfiltered)}>
          Clear the filter
        </Button>
      )}
    </div>
  );
}

/** Hears when the dataset that is shown has a newer version, or its items or answers are read otherwise than before. */

import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { DatasetObject } from '../../../src/contracts/datasets.ts';
import { ofRuns } from '../api/queries.ts';

/** version: other items; reading: the same ones under other names, or their answers compared otherwise. */
export type DatasetChange = 'version' | 'reading';

export function useDatasetChange(dataset: DatasetObject | null, on: (change: DatasetChange) => void): void {
  const before = useRef<DatasetObject | null>(null);
  useEffect(() => {
    const was = before.current;
    before.current = dataset ?? was;
    const change = dataset && was ? changeBetween(was, dataset) : null;
    if (change !== null) on(change);
  });
}

/** Has the figures and items of a dataset fetched anew when another version of it is shown, or it is read otherwise. */
export function useReadAnew(dataset: DatasetObject | null): void {
  const queries = useQueryClient();
  useDatasetChange(dataset, () => {
    for (const name of ofRuns) void queries.invalidateQueries({ queryKey: [name, dataset!.id] });
  });
}

/** What changed from one answer of the server to the next; null for nothing, or when they are of two datasets. */
export function changeBetween(was: DatasetObject, now: DatasetObject): DatasetChange | null {
  if (was.id !== now.id) return null;
  if (was.version_id !== now.version_id) return 'version';
  return readAs(was) === readAs(now) ? null : 'reading';
}

function readAs({ reading, read_at, comparing, comparing_progress }: DatasetObject): string {
  return JSON.stringify([reading, read_at, comparing, comparing_progress === null]);
}

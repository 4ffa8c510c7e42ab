/** What the workbench hands to the panels in its outer columns; it draws the columns' heads with their names itself. */

import type { DatasetObject } from '../../../src/contracts/datasets.ts';
import type { View } from './view.ts';

export interface DatasetsPanelProps {
  /** The dataset that is open, or null. */
  datasetId: string | null;
  /** Opens a dataset; null closes it, as after it was deleted. */
  onSelect: (id: string | null) => void;
}

export interface RunsPanelProps {
  dataset: DatasetObject | null;
}

export interface StatsPanelProps {
  dataset: DatasetObject | null;
  /** What the grid shows: the query of /admin/workbench/stats is `filterParams(view)` and dataset_id. */
  view: View;
  /** Narrows the grid, as by a click on a bar. */
  change: (change: Partial<View>) => void;
}

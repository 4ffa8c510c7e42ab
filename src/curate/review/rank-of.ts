/** What a ranking of items is asked for. */

import type { PushSelection } from '../../contracts/label-studio.ts';
import type { GridFilter } from '../../contracts/workbench.ts';

/**
 * What items are ranked for. `filter` leaves items out; `select` says which of the rest are picked. Items that none of `models`
 * has answered are no choice. `without`: items without a word of a person alone.
 */
export interface RankOf {
  datasetId: string;
  versionId: string;
  /** Whose answers are looked at; all current models when there are none. */
  models: string[];
  select: PushSelection;
  filter: Partial<GridFilter>;
  /** Items at most. */
  limit: number;
  /** Of [0, 1]: the share of what is given that is drawn at random. */
  auditShare: number;
  seed: number;
  without?: 'a word of a person';
}

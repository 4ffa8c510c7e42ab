/** The rooms of the workbench as the routes see them. Every function throws not_found for what the user does not own. */

import type {
  Agreement,
  GridFilter,
  GridPage,
  GridQuery,
  LiveMessage,
  Stats,
  WholeItem,
} from '../contracts/workbench.ts';
import type { LabelStudio } from '../curate/label-studio/open-label-studio.ts';
import type { Curation } from '../curate/open.ts';
import type { Datasets } from '../datasets/open-datasets.ts';
import type { JudgeNowRoom as JudgingAtOnce } from '../judge/now/judge-now.ts';
import type { Judging } from '../judge/open-judging.ts';
import type { People } from '../judge/people/open-people.ts';
import type { Analyses } from '../mine/analyses/open-analyses.ts';
import type { Runs } from '../runs/room.ts';
import type { Training } from '../training/open-training.ts';

export type DatasetRoom = Datasets;
/** What a killed server had begun is finished by the composition, not by a route. */
export type RunRoom = Omit<Runs, 'resume'>;
export type CurationRoom = Curation;

/** Looking after judge runs is the composition's part. */
export type JudgingRoom = Omit<Judging, 'wake' | 'stop'>;

export type JudgeNowRoom = JudgingAtOnce;

export type PeopleRoom = People;

export type AnalysisRoom = Omit<Analyses, 'stop'>;

export type TrainingRoom = Training;

/** Taking up pushes and stopping are the composition's part. */
export type LabelStudioRoom = Omit<LabelStudio, 'resume' | 'stop'>;

export interface GridRoom {
  page(userId: string, query: GridQuery): Promise<GridPage>;
  item(userId: string, datasetId: string, candidateId: string): Promise<WholeItem>;
  stats(userId: string, filter: GridFilter): Promise<Stats>;
  agreement(userId: string, query: { filter: GridFilter; field?: string }): Promise<Agreement>;
}

export interface LiveRoom {
  /**
   * Follows what lands, from `since` on (now, when absent). `send` gives false while the client is slow: then only the
   * newest progress is kept and results are caught up by page, in order, without a gap or a double.
   */
  subscribe(
    userId: string,
    on: { since?: number; datasetId?: string; send(message: LiveMessage): boolean },
  ): { drained(): void; close(): void };
}

/** What the workbench's routes are handed. */
export interface WorkbenchDeps {
  datasets: DatasetRoom;
  runs: RunRoom;
  grid: GridRoom;
  curation: CurationRoom;
  judging: JudgingRoom;
  judgeNow: JudgeNowRoom;
  people: PeopleRoom;
  analyses: AnalysisRoom;
  training: TrainingRoom;
  labelStudio: LabelStudioRoom;
  live: LiveRoom;
  /** The effective settings, secrets left out: name, value, where it comes from, unit, meaning. */
  settings(): { name: string; value: unknown; source: string; unit: string; description: string }[];
}

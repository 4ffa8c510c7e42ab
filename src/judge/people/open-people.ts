/** The room of people's verdicts as the routes see it: labelling, imported judgments, how far a judge is trusted, and the ranking. */

import type { JudgeRunObject } from '../../contracts/judging.ts';
import type {
  LabelKept,
  LabelPlace,
  LabelQuery,
  LabelTask,
  NewLabel,
  RankingObject,
  RankingQuery,
  TrustPanel,
  TrustQuery,
} from '../../contracts/trust.ts';
import type { Database } from '../../db/database.ts';
import { objectOf, passedOf } from '../figures/summary.ts';
import { selectJudgeRun } from '../passes/judge-run-row.ts';
import { trustPanelOf } from '../trust/panel.ts';
import { rankingOf } from '../trust/panel-ranking.ts';
import { importJudgments, type JudgmentUpload } from './import-judgments.ts';
import { keepLabel, takeBackLabel } from './label.ts';
import { nextLabel } from './next-label.ts';

export interface People {
  /** Keeps what a person says of an answer. */
  label(userId: string, label: NewLabel): Promise<LabelKept>;
  takeBack(userId: string, place: LabelPlace): Promise<LabelKept>;
  next(userId: string, query: LabelQuery): Promise<LabelTask>;
  /** Judgments made elsewhere, as a judge run; `asked` and `file` are those of the upload. */
  import(userId: string, upload: Omit<JudgmentUpload, 'lineMaxBytes'>): Promise<JudgeRunObject>;
  trust(userId: string, id: string, query: TrustQuery): Promise<TrustPanel>;
  ranking(userId: string, query: RankingQuery): Promise<RankingObject>;
}

/** `lineMaxBytes`: the longest line of an imported file. */
export function openPeople({ db, lineMaxBytes }: { db: Database; lineMaxBytes: number }): People {
  return {
    label: async (userId, label) => ({ labelled: true, progress: await keepLabel(db, userId, label) }),
    takeBack: async (userId, place) => ({ labelled: false, progress: await takeBackLabel(db, userId, place) }),
    next: (userId, query) => nextLabel(db, userId, query),
    async import(userId, upload) {
      const id = await importJudgments(db, userId, { ...upload, lineMaxBytes });
      return db.asUser(userId, async (q) => {
        const run = await selectJudgeRun(q, id);
        return objectOf(q, run, await passedOf(q, run));
      });
    },
    trust: (userId, id, query) => db.asUser(userId, (q) => trustPanelOf(q, id, query)),
    ranking: (userId, query) => db.asUser(userId, (q) => rankingOf(q, userId, query)),
  };
}

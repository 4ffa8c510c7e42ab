/** The room of people's verdicts beside runs and judges, on a fresh database. */

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JudgeRunObject } from '../../../src/contracts/judging.ts';
import {
  judgmentImport,
  labelPlace,
  labelQuery,
  newLabel,
  rankingQuery,
  trustQuery,
} from '../../../src/contracts/trust.ts';
import { openPeople, type People } from '../../../src/judge/people/open-people.ts';
import { jsonl } from '../../runs/run-place.ts';
import { type JudgePlace, openJudgePlace } from '../passes/judge-place.ts';

type Raw<T extends { parse: (value: never) => unknown }> = Parameters<T['parse']>[0] & object;

export interface PeoplePlace extends JudgePlace {
  people: People;
  /** Imports lines as the judgments that `asked` says; `as` is who imports. */
  judged(asked: Raw<typeof judgmentImport>, lines: object[] | string, as?: string): Promise<JudgeRunObject>;
  label(body: Raw<typeof newLabel>): ReturnType<People['label']>;
  takeBack(place: Raw<typeof labelPlace>): ReturnType<People['takeBack']>;
  next(query: Raw<typeof labelQuery>): ReturnType<People['next']>;
  trust(id: string, query?: Raw<typeof trustQuery>): ReturnType<People['trust']>;
  ranking(query: Raw<typeof rankingQuery>): ReturnType<People['ranking']>;
  /** Two runs, of the models `a` and `b`, over one dataset of `count` questions. */
  pair(count: number, models?: [string, string]): Promise<{ first: string; second: string; datasetId: string }>;
}

export async function openPeoplePlace(name: string): Promise<PeoplePlace> {
  const place = await openJudgePlace(name);
  const people = openPeople({ db: place.db, lineMaxBytes: 100_000 });
  let files = 0;
  let sets = 0;
  return {
    ...place,
    people,
    async judged(asked, lines, as = 'local') {
      const path = join(place.folder, `judgments-${files++}`);
      const content = typeof lines === 'string' ? lines : jsonl(lines);
      await writeFile(path, content);
      const sha256 = createHash('sha256').update(content).digest();
      const upload = { path, bytes: Buffer.byteLength(content), sha256 };
      return people.import(as, { asked: judgmentImport.parse(asked), ...upload });
    },
    label: async (body) => people.label('local', newLabel.parse(body)),
    takeBack: async (where) => people.takeBack('local', labelPlace.parse(where)),
    next: async (query) => people.next('local', labelQuery.parse(query)),
    trust: async (id, query = {}) => people.trust('local', id, trustQuery.parse(query)),
    ranking: async (query) => people.ranking('local', rankingQuery.parse(query)),
    async pair(count, [a, b] = ['alpha', 'beta']) {
      const set = ++sets;
      const numbers = Array.from({ length: count }, (_, n) => n);
      const items = numbers.map((n) => ({ custom_id: `p-${n}`, prompt: `Question ${n} of pair set ${set}?` }));
      const { id: datasetId } = await place.dataset(`pairs-${set}.jsonl`, jsonl(items));
      const answered = async (modelId: string) => {
        const answers = numbers.map((n) => ({ custom_id: `p-${n}`, content: `${modelId} says ${n} in set ${set}` }));
        return (await place.answers(`${modelId}-${set}.jsonl`, jsonl(answers), { datasetId, modelId }))[0]!.id;
      };
      return { first: await answered(a), second: await answered(b), datasetId };
    },
  };
}

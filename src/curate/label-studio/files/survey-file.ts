/** Looks a file of tasks through before anything of it is taken: which tasks are there twice, and whose numbers annotations bear. */

import type { Database } from '../../../db/database.ts';
import type { RemoteAnnotation, RemoteTask } from '../wire/client.ts';
import { fileFault, type ListElement } from './json-list.ts';

/** Where another copy of a task stands in the file. */
export type Copy = Pick<ListElement, 'place' | 'start' | 'bytes'>;

export interface Survey {
  /** By the place of each task that is taken: where the others of its item stand. */
  copies: Map<number, Copy[]>;
  /** Numbers that annotations bear here, by those in the file, where they are others. */
  known: Map<number, number>;
}

/** An annotation of the file; `madeFrom` is the number that it had in the file that Label Studio made it from. */
interface Seen {
  item: string;
  place: number;
  madeFrom: number | null;
}

/** Annotations whose numbers are looked up with one statement. */
const lookUp = 5000;

/** What copies of a task share: the item that it names. One of another project, or that names none, has no copies. */
function itemOf(task: RemoteTask, projectId: string): string {
  const { assay } = task.meta as { assay?: { project?: unknown } | null };
  const foreign = typeof assay?.project === 'string' && assay.project !== projectId;
  return !foreign && typeof task.data.assay_item === 'string' ? task.data.assay_item : `task ${task.id}`;
}

/** Label Studio gives imported annotations new numbers and keeps the old one beside. */
function madeFrom({ raw }: RemoteAnnotation): number | null {
  return typeof raw.import_id === 'number' ? raw.import_id : null;
}

export function openSurvey(db: Database, userId: string, projectId: string) {
  const copies = new Map<number, Copy[]>();
  const known = new Map<number, number>();
  const placeOf = new Map<string, number>();
  const placeOfNumber = new Map<number, number>();
  /** Annotations whose number another item's annotation bears here. */
  const taken: { item: string; number: number; place: number }[] = [];
  const given = new Set<number>();
  let block = new Map<number, Seen>();

  const compare = async () => {
    const items = await itemsOf(db, userId, { projectId, seen: block });
    for (const [number, { item, place, madeFrom }] of block) {
      if (madeFrom !== null && items.get(madeFrom)?.item === item && !given.has(madeFrom)) {
        known.set(number, madeFrom);
        given.add(madeFrom);
        continue;
      }
      const there = items.get(number);
      if (there !== undefined && !there.deleted && there.item !== item) taken.push({ item: there.item, number, place });
    }
    block = new Map();
  };

  return {
    /** @throws AssayError invalid_parameter for a number that two annotations of the file bear */
    async see(task: RemoteTask, { place, start, bytes }: ListElement): Promise<void> {
      const item = itemOf(task, projectId);
      const first = placeOf.get(item);
      if (first === undefined) {
        placeOf.set(item, place);
        copies.set(place, []);
      } else copies.get(first)!.push({ place, start, bytes });
      for (const [at, annotation] of task.annotations.entries()) {
        const { id } = annotation;
        const other = placeOfNumber.get(id);
        if (other !== undefined) throw twice({ place, at, id, other });
        placeOfNumber.set(id, place);
        block.set(id, { item, place, madeFrom: madeFrom(annotation) });
      }
      if (block.size >= lookUp) await compare();
    },
    /** @throws AssayError invalid_parameter for numbers that are those of other annotations here */
    async end(): Promise<Survey> {
      await compare();
      // A number that is free again, since its annotation was deleted, may be given to another one: then the file shows that item.
      const other = taken.find(({ item }) => !placeOf.has(item));
      if (other !== undefined) throw ofAnother(other);
      return { copies, known };
    },
  };
}

/** Of which items annotations of these numbers are here, those deleted too. */
async function itemsOf(
  db: Database,
  userId: string,
  { projectId, seen }: { projectId: string; seen: Map<number, Seen> },
): Promise<Map<number, { item: string; deleted: boolean }>> {
  const origins = [...seen.values()].flatMap((one) => one.madeFrom ?? []);
  const { rows } = await db.asUser(userId, (q) =>
    q.query<{ remote_id: string; item: string; deleted: boolean }>(
      `select remote_id, item_id as item, deleted_at is not null as deleted from label_studio_annotations
       where project_id = $1 and remote_id = any($2)`,
      [projectId, [...seen.keys(), ...origins]],
    ),
  );
  return new Map(rows.map((row) => [Number(row.remote_id), row]));
}

function twice({ place, at, id, other }: { place: number; at: number; id: number; other: number }) {
  const problem = `must be its own, and stands at task ${other} already; send files of one Label Studio only`;
  return fileFault(`task ${place}, annotations[${at + 1}].id`, problem, id);
}

function ofAnother({ item, number, place }: { item: string; number: number; place: number }) {
  const problem = `is an annotation of item ${item} here, so this file is of another Label Studio than those before; make a project for each`;
  return fileFault(`task ${place}, annotation ${number}`, problem, number);
}

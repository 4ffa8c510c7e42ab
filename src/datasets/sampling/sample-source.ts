/** What a sample is drawn from: rows that can be walked several times, and how far a walk is. */

import type { PromptCategory } from '../../contracts/sampling.ts';

/** A row as sampling sees it. `number` counts from 1; `id` is null where the row has none of its own. */
export interface SampleRow {
  number: number;
  id: string | null;
  /** What is asked, see {@link promptOf}. */
  text: string;
  category: string | null;
  /** Value of the field of `source_path`; null without one. */
  source: string | null;
}

/** Each walk must give the same rows; their order does not change which are drawn, if they have ids or differ in text. */
export interface SampleSource {
  name: string;
  /** Paths of the fields of its rows, for messages. */
  fields: string[];
  rows(): AsyncIterable<SampleRow>;
  /** Of its content, in hexadecimal; null where there is none. */
  sha256(): Promise<string | null>;
  /** How many rows there are, where it is known before a walk; else `share` tells how much of the walk is done (0 to 1). */
  total?: number;
  share?(): number;
}

/** How far the drawing is: rows of the walk under way, of how many, and the share of all work done (0 to 1, about). */
export interface SampleProgress {
  done: number;
  /** null while they are not counted. */
  total: number | null;
  note: 'counting rows' | 'drawing rows';
  share: number;
}

export interface SampleControl {
  signal?: AbortSignal;
  tell?: (progress: SampleProgress) => void;
  /** Categories of prompts that the rules leave as "other", in their order. */
  classifyRest?: (texts: string[]) => Promise<PromptCategory[]>;
}

/** Rows between two looks at the signal and two tellings. */
const LOOK_ROWS = 1000;

/** The rows of `source`, ended by the signal and told of as they go by. `share` gives the share of all work. */
export async function* watchedRows(
  source: SampleSource,
  control: SampleControl,
  on: Pick<SampleProgress, 'note' | 'total'> & { share: (rows: number) => number },
): AsyncGenerator<SampleRow> {
  let rows = 0;
  const tell = () => {
    control.signal?.throwIfAborted();
    control.tell?.({ done: rows, total: on.total, note: on.note, share: Math.min(1, on.share(rows)) });
  };
  for await (const row of source.rows()) {
    if (rows % LOOK_ROWS === 0) tell();
    rows += 1;
    yield row;
  }
  tell();
}

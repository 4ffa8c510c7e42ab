/** The answers to label, one on the page and the next ones fetched ahead, so that a key press shows the next one at once. */

import type { HumanVerdict, LabelTask } from '../../../src/contracts/trust.ts';
import type { Outbox, SentLabel } from './label-outbox.ts';

export type Task = NonNullable<LabelTask['task']>;

/** Something that was said on this page. */
interface Labelled {
  task: Task;
  label: SentLabel;
}

export interface QueueState {
  /** loading: the answer is on its way; failed: it did not come, see `error`; done: none is left. */
  stage: 'loading' | 'ready' | 'failed' | 'done';
  task: Task | null;
  error: unknown;
  /** Said of the answer on the page, to go with the verdict. */
  note: string;
  /** What undo takes back; null where nothing was said on this page. */
  last: Labelled | null;
  /** As the server saw it when the queue was opened or since. */
  progress: LabelTask['progress'] | null;
}

export interface QueueOptions {
  /** The next answer but those with these ids. */
  fetchNext(skip: string[]): Promise<LabelTask>;
  outbox: Pick<Outbox, 'add' | 'undo' | 'list'>;
  labelOf(task: Task, verdict: HumanVerdict, note: string): SentLabel;
}

export interface LabelQueue {
  state(): QueueState;
  subscribe(listener: () => void): () => void;
  /** Fetches; the page calls it once it is there. */
  open(): void;
  say(verdict: HumanVerdict): void;
  undo(): void;
  write(note: string): void;
  /** Looks again for answers: after a failure, or when one has come free. */
  again(): void;
  progressIs(progress: LabelTask['progress']): void;
}

/** Answers held ready behind the one on the page. */
const AHEAD = 2;

/** What a queue holds; `coming` begins with the answer on the page. */
interface Held extends Pick<QueueState, 'error' | 'note' | 'progress'> {
  coming: Task[];
  said: Labelled[];
  /** Whether the server has no other answer. */
  none: boolean;
}

export function labelQueue(options: QueueOptions): LabelQueue {
  const { outbox, labelOf } = options;
  let held: Held = { coming: [], said: [], none: false, error: null, note: '', progress: null };
  let shown = stateOf(held);
  let fetching = false;
  const listeners = new Set<() => void>();
  const set = (part: Partial<Held>) => {
    held = { ...held, ...part };
    shown = stateOf(held);
    for (const listener of listeners) listener();
  };
  const fill = async () => {
    if (fetching || held.none || held.coming.length > AHEAD) return;
    fetching = true;
    const fetched = await fetchAhead(options, () => held);
    fetching = false;
    set(fetched);
    const more = fetched.error === null && (fetched.coming !== undefined || held.coming.length === 0);
    if (more) void fill();
  };

  return {
    state: () => shown,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    open: () => void fill(),
    say(verdict) {
      const [task, ...coming] = held.coming;
      if (task === undefined) return;
      const label = labelOf(task, verdict, held.note.trim());
      outbox.add(label, task.name);
      set({ coming, said: [...held.said, { task, label }], note: '' });
      void fill();
    },
    undo() {
      const last = held.said.at(-1);
      if (last === undefined) return;
      outbox.undo(last.label, last.task.name);
      const others = held.coming.filter(({ candidate_id }) => candidate_id !== last.task.candidate_id);
      set({ coming: [last.task, ...others], said: held.said.slice(0, -1), note: last.label.note ?? '' });
    },
    write: (note) => set({ note }),
    again() {
      set({ error: null, none: false });
      void fill();
    },
    progressIs: (progress) => set({ progress }),
  };
}

function stateOf({ coming, said, none, error, note, progress }: Held): QueueState {
  const task = coming[0] ?? null;
  const stage = task !== null ? 'ready' : error !== null ? 'failed' : none ? 'done' : 'loading';
  return { stage, task, error, note, last: said.at(-1) ?? null, progress };
}

/** What fetching one more answer changes; `coming` is absent where it brought none that is not here already. */
async function fetchAhead({ fetchNext, outbox }: QueueOptions, held: () => Held): Promise<Partial<Held>> {
  const here = () => [...held().coming, ...outbox.list().map(({ label }) => label)].map((each) => each.candidate_id);
  try {
    const { task, progress } = await fetchNext([...new Set(here())]);
    const told = { error: null, none: task === null, progress: held().progress ?? progress };
    // One that was taken back meanwhile has come free at the server, and is here already.
    if (task === null || here().includes(task.candidate_id)) return told;
    return { ...told, coming: [...held().coming, task] };
  } catch (error) {
    return { error };
  }
}

export interface Choice {
  verdict: HumanVerdict;
  name: string;
  /** The key that says it. */
  key: string;
}

const unsure: Omit<Choice, 'key'> = { verdict: 'unsure', name: 'Unsure' };

/** What can be said of an answer, or of two in the order in which they stand on the page. */
export function choicesOf(task: Pick<Task, 'first'>, pairs: boolean): Choice[] {
  const [first, second] = inOrder(task);
  const choices: Omit<Choice, 'key'>[] = pairs
    ? [{ verdict: first, name: 'First' }, { verdict: second, name: 'Second' }, { verdict: 'tie', name: 'Tie' }, unsure]
    : [{ verdict: 'pass', name: 'Pass' }, { verdict: 'fail', name: 'Fail' }, unsure];
  return choices.map((choice, at) => ({ ...choice, key: String(at + 1) }));
}

const inOrder = ({ first }: Pick<Task, 'first'>) => (first === 'a' ? (['a', 'b'] as const) : (['b', 'a'] as const));

export interface ShownAnswer {
  name: 'Answer' | 'First' | 'Second';
  content: string | null;
}

/** The answers as they stand on the page: one, or two in the order that was drawn. */
export function answersOf(task: Pick<Task, 'first' | 'content' | 'other_content'>, pairs: boolean): ShownAnswer[] {
  if (!pairs) return [{ name: 'Answer', content: task.content }];
  const contents = { a: task.content, b: task.other_content };
  const [first, second] = inOrder(task);
  return [
    { name: 'First', content: contents[first] },
    { name: 'Second', content: contents[second] },
  ];
}

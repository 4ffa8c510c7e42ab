/** What each key does on the answers: moving, opening, judging. */

import { notifications } from '@mantine/notifications';
import type { AnnotationKind } from '../../../src/contracts/workbench.ts';
import type { AskedFor } from '../annotate/answer-dialogs.tsx';
import type { Annotator, Answer } from '../annotate/use-annotate.ts';
import type { Keys } from '../annotate/use-keys.ts';
import type { GridStore } from './grid-store.ts';
import type { ActiveCell } from './results-grid.tsx';

interface Acting {
  store: GridStore;
  active: ActiveCell;
  /** Makes a cell active; an open item follows. */
  go(cell: ActiveCell): void;
  open(row: number): void;
  close(): void;
  /** The answer that is judged; null where there is none. */
  answer: Answer | null;
  annotator: Annotator;
  ask(asked: AskedFor): void;
  search(): void;
  isOpen: boolean;
}

/** Rows of a screen, as PageDown moves. */
const SCREEN = 10;

export function answerKeys(acting: Acting): Keys {
  return { ...movingKeys(acting), ...judgingKeys(acting) };
}

function movingKeys({ store, active, go, open, close, ask, search, isOpen }: Acting): Keys {
  const { rows, models } = store.snapshot();
  const down = (by: number) => () => go({ ...active, row: clamp(active.row + by, rows - 1) });
  const across = (by: number) => () => go({ ...active, column: clamp(active.column + by, models.length) });
  const difference = (step: 1 | -1) => async () => {
    const row = await store.find(active.row, step, (item) => item.differs);
    if (row !== null) return go({ ...active, row });
    const where = step === 1 ? 'below' : 'above';
    notifications.show({ message: `No difference ${where} within reach. The Differences filter finds all there are.` });
  };
  return {
    j: down(1),
    k: down(-1),
    ArrowDown: down(1),
    ArrowUp: down(-1),
    PageDown: down(SCREEN),
    PageUp: down(-SCREEN),
    Home: down(-rows),
    End: down(rows),
    h: across(-1),
    l: across(1),
    ArrowLeft: across(-1),
    ArrowRight: across(1),
    d: difference(1),
    D: difference(-1),
    Enter: () => open(active.row),
    Escape: () => (isOpen ? close() : false),
    '/': search,
    '?': () => ask({ what: 'help' }),
  };
}

function judgingKeys({ store, active, answer, annotator, ask }: Acting): Keys {
  const cell = () => (answer ? store.row(active.row)?.results[answer.modelId] : undefined);
  /** The same key again takes it back; a key that is held down counts once. */
  const toggle = (kind: AnnotationKind) => (event: KeyboardEvent) => {
    const there = cell();
    if (!answer || !there || event.repeat) return;
    void (there.annotation === kind ? annotator.clear(answer, kind) : annotator.mark(answer, kind));
  };
  const asking = (what: 'fix' | 'note') => () => {
    if (answer && cell()) ask({ what, answer });
  };
  return {
    g: toggle('golden'),
    w: toggle('wrong'),
    f: asking('fix'),
    n: asking('note'),
    u: (event) => {
      if (answer && !event.repeat) void annotator.undo(answer);
    },
  };
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(0, value), Math.max(0, most));
}

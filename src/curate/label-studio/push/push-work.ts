/** What a push is while it is under way: whose it is, how it waits, what this process knows of it. */

import type { RemoteOf } from '../connection.ts';
import type { LabelStudioDeps } from '../label-studio-deps.ts';
import type { ProjectRow } from '../rows.ts';

/** Why the work on a push stops short: it was cancelled, its project removed, the server stops, or another one has taken it. */
export class LetGo extends Error {}

/** How a push waits and is held. */
export interface PushPace {
  /** Names this server; the same after each start, so that it takes up its own at once. */
  holder: string;
  /** ms after which the push of a server that says nothing any more is taken up by another. */
  heldMs: number;
  /** ms of the first pause after a failure, which doubles up to the longest. */
  firstPauseMs: number;
  mostPauseMs: number;
  /** ms that a stopping server waits for the call that is under way. */
  stopMs: number;
}

/** A push that is under way here. `startedAt` tells it from others of the same project, before and after. */
export interface PushWork {
  deps: LabelStudioDeps;
  pace: PushPace;
  userId: string;
  projectId: string;
  startedAt: number;
  signal: AbortSignal;
}

/** What is known of the work in this process alone. */
export interface PushMemory {
  /** An import may have landed without our knowing: what is there must be looked through once more. */
  doubt: boolean;
  /** Tasks that imports of the present pass have brought there. */
  sent: number;
  /** Tasks that were refused, one after the other, since the last one that was taken. */
  refusedInARow: number;
  /** What is to be told of tasks that were refused; null: none was. */
  refusal: string | null;
  /** When (ms) the present pass began. */
  since: number;
  /** When (ms) how many were done, of the last minute or so of the present pass. */
  marks: { at: number; done: number }[];
}

/** The work with a connection in its hands. */
export interface Pass {
  work: PushWork;
  memory: PushMemory;
  project: ProjectRow;
  there: RemoteOf;
}

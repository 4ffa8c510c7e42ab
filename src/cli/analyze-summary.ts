/** Adds up a run row by row, in flat memory: counts, tokens, times, errors, answers, decisions, longest and slowest rows. */

import type { Answer } from './analyze-answer.ts';
import {
  addDecision,
  type Decision,
  type DecisionTally,
  decisionOf,
  fieldsOf,
  newDecisions,
  type Parse,
} from './analyze-decisions.ts';
import { addValue, type Histogram, newHistogram, type Stats, statsOf } from './analyze-histogram.ts';

/** One row as far as it is known: counts and times (ms) are null where they are not. */
export interface RunRow {
  customId: string;
  line: number;
  state: 'succeeded' | 'failed' | 'pending';
  statusCode: number | null;
  errorCode: string | null;
  attempts: number | null;
  promptTokens: number | null;
  completionTokens: number | null;
  cachedTokens: number | null;
  reasoningTokens: number | null;
  queueMs: number | null;
  firstTokenMs: number | null;
  totalMs: number | null;
}

/** What is known of the run as a whole. */
export interface RunHead {
  target: string;
  kind: 'batch' | 'file';
  model: string | null;
  endpoint: string | null;
  status: string | null;
  /** First dispatch to last commit, in seconds. */
  runSeconds: number | null;
}

interface TopRow {
  custom_id: string;
  line: number;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  total_ms: number | null;
}

interface ErrorGroup {
  code: string;
  count: number;
  example: { custom_id: string; line: number | null; status_code: number | null; message: string | null };
}

/** The summary that --json writes. Shares are 0 to 1, times in ms where the name says so, else in seconds. */
export interface Summary {
  target: string;
  kind: 'batch' | 'file';
  model: string | null;
  endpoint: string | null;
  status: string | null;
  rows: { total: number; succeeded: number; failed: number; pending: number; success_share: number | null };
  attempts: { total: number; retried_rows: number } | null;
  tokens: {
    prompt: Stats | null;
    completion: Stats | null;
    cached: { total: number; share: number | null; unknown_rows: number };
    reasoning: Stats | null;
  };
  time: { run_seconds: number | null; queue_ms: Stats | null; first_token_ms: Stats | null; total_ms: Stats | null };
  throughput: { rows_per_s: number; prompt_tokens_per_s: number; completion_tokens_per_s: number } | null;
  errors: ErrorGroup[];
  finish_reasons: { reason: string; count: number }[];
  answers: { read: number; empty: number; cut_off: number; parsed: Record<Parse, number> };
  decision: Decision | null;
  fields: { field: string; present: number; distinct: number | null }[];
  longest: TopRow[];
  slowest: TopRow[];
  notes: string[];
}

/** The sums under way. */
export interface Tally {
  head: RunHead;
  counts: { succeeded: number; failed: number; pending: number };
  attempts: { known: number; total: number; retried: number };
  histograms: Record<'prompt' | 'completion' | 'reasoning' | 'queue' | 'firstToken' | 'total', Histogram>;
  cached: { total: number; ofPrompt: number; unknown: number };
  errors: Map<string, ErrorGroup>;
  finishReasons: Map<string, number>;
  answers: { read: number; empty: number; cutOff: number };
  decisions: DecisionTally;
  longest: TopRow[];
  slowest: TopRow[];
  notes: string[];
}

const TOP_ROWS = 10;
/** Codes and reasons kept apart; what comes after is counted as "(other)". */
const MAX_GROUPS = 100;
const MESSAGE_LENGTH = 500;

export function newTally(head: RunHead): Tally {
  return {
    head,
    counts: { succeeded: 0, failed: 0, pending: 0 },
    attempts: { known: 0, total: 0, retried: 0 },
    histograms: {
      prompt: newHistogram(),
      completion: newHistogram(),
      reasoning: newHistogram(),
      queue: newHistogram(),
      firstToken: newHistogram(),
      total: newHistogram(),
    },
    cached: { total: 0, ofPrompt: 0, unknown: 0 },
    errors: new Map(),
    finishReasons: new Map(),
    answers: { read: 0, empty: 0, cutOff: 0 },
    decisions: newDecisions(),
    longest: [],
    slowest: [],
    notes: [],
  };
}

/** Counts a row's state, tokens and times. */
export function addRow(tally: Tally, row: RunRow): void {
  tally.counts[row.state] += 1;
  if (row.attempts !== null) {
    tally.attempts.known += 1;
    tally.attempts.total += row.attempts;
    if (row.attempts > 1) tally.attempts.retried += 1;
  }
  if (row.state === 'failed') addError(tally, row);
  if (row.state !== 'succeeded') return;
  const { histograms, cached } = tally;
  addValue(histograms.prompt, row.promptTokens);
  addValue(histograms.completion, row.completionTokens);
  addValue(histograms.reasoning, row.reasoningTokens);
  addValue(histograms.queue, row.queueMs);
  addValue(histograms.firstToken, row.firstTokenMs);
  addValue(histograms.total, row.totalMs);
  if (row.cachedTokens === null) cached.unknown += 1;
  else {
    cached.total += row.cachedTokens;
    cached.ofPrompt += row.promptTokens ?? 0;
  }
  const top: TopRow = {
    custom_id: row.customId,
    line: row.line,
    prompt_tokens: row.promptTokens,
    completion_tokens: row.completionTokens,
    total_ms: row.totalMs,
  };
  keepTop(tally.longest, top, (r) => r.completion_tokens);
  keepTop(tally.slowest, top, (r) => r.total_ms);
}

/** Counts what an answer says: finish reason, emptiness, and the fields of its JSON. */
export function addAnswer(tally: Tally, answer: Answer): void {
  tally.head.model ??= answer.model;
  if (!answer.ok) {
    addMessage(tally, answer);
    return;
  }
  if (answer.finishReason !== null) bump(tally.finishReasons, answer.finishReason);
  if (answer.text === null) return;
  tally.answers.read += 1;
  if (answer.finishReason === 'length') tally.answers.cutOff += 1;
  if (answer.text.trim() === '') {
    if (!answer.toolCalls) tally.answers.empty += 1;
    return;
  }
  addDecision(tally.decisions, answer.text);
}

/** The finished summary; `decisionField` names the field of the answers' JSON to count, else it is guessed. */
export function summarize(tally: Tally, decisionField?: string): Summary {
  const { head, counts, attempts, histograms, cached } = tally;
  const done = counts.succeeded + counts.failed;
  const prompt = statsOf(histograms.prompt);
  const completion = statsOf(histograms.completion);
  const seconds = head.runSeconds;
  return {
    target: head.target,
    kind: head.kind,
    model: head.model,
    endpoint: head.endpoint,
    status: head.status,
    rows: { total: done + counts.pending, ...counts, success_share: done > 0 ? counts.succeeded / done : null },
    attempts: attempts.known > 0 ? { total: attempts.total, retried_rows: attempts.retried } : null,
    tokens: {
      prompt,
      completion,
      cached: {
        total: cached.total,
        share: cached.ofPrompt > 0 ? cached.total / cached.ofPrompt : null,
        unknown_rows: cached.unknown,
      },
      reasoning: statsOf(histograms.reasoning),
    },
    time: {
      run_seconds: seconds,
      queue_ms: statsOf(histograms.queue),
      first_token_ms: statsOf(histograms.firstToken),
      total_ms: statsOf(histograms.total),
    },
    throughput:
      seconds !== null && seconds > 0
        ? {
            rows_per_s: done / seconds,
            prompt_tokens_per_s: (prompt?.total ?? 0) / seconds,
            completion_tokens_per_s: (completion?.total ?? 0) / seconds,
          }
        : null,
    errors: [...tally.errors.values()].sort((a, b) => b.count - a.count),
    finish_reasons: [...tally.finishReasons]
      .map(([reason, count]) => ({ reason, count }))
      .sort((a, b) => b.count - a.count),
    answers: {
      read: tally.answers.read,
      empty: tally.answers.empty,
      cut_off: tally.answers.cutOff,
      parsed: tally.decisions.parses,
    },
    decision: decisionOf(tally.decisions, decisionField),
    fields: fieldsOf(tally.decisions),
    longest: tally.longest,
    slowest: tally.slowest,
    notes: tally.notes,
  };
}

function addError(tally: Tally, row: RunRow): void {
  const wanted = row.errorCode ?? 'unknown';
  const code = tally.errors.has(wanted) || tally.errors.size < MAX_GROUPS ? wanted : '(other)';
  const group = tally.errors.get(code);
  if (group) {
    group.count += 1;
    return;
  }
  const example = { custom_id: row.customId, line: row.line, status_code: row.statusCode, message: null };
  tally.errors.set(code, { code, count: 1, example });
}

/** Gives a group of errors the first message that is seen for it, with the row it belongs to. */
function addMessage(tally: Tally, answer: Answer): void {
  const group = tally.errors.get(answer.errorCode ?? 'unknown');
  if (!group || group.example.message !== null || answer.errorMessage === null) return;
  const line = group.example.custom_id === answer.customId ? group.example.line : null;
  const message = answer.errorMessage.slice(0, MESSAGE_LENGTH);
  group.example = { custom_id: answer.customId, line, status_code: answer.statusCode, message };
}

function bump(counts: Map<string, number>, key: string): void {
  const kept = counts.has(key) || counts.size < MAX_GROUPS ? key : '(other)';
  counts.set(kept, (counts.get(kept) ?? 0) + 1);
}

function keepTop(top: TopRow[], row: TopRow, of: (row: TopRow) => number | null): void {
  const value = of(row);
  if (value === null || (top.length === TOP_ROWS && value <= of(top.at(-1)!)!)) return;
  const at = top.findIndex((other) => of(other)! < value);
  top.splice(at === -1 ? top.length : at, 0, row);
  if (top.length > TOP_ROWS) top.pop();
}

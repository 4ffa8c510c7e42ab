/** Sends a file of judgments as it is, JSON Lines, and gives the judge run that they have become. */

import type { JudgeRunObject, JudgeType } from '../../../src/contracts/judging.ts';
import { address, authorization, refused, unreachable } from '../api/client.ts';

export interface JudgmentFile {
  file: File;
  benchmark_id: string;
  other_benchmark_id: string | null;
  judge_type: Extract<JudgeType, 'human' | 'llm'>;
  /** Who judged, where a line does not say; empty: every line says. */
  judge: string;
  /** Of 10; null: the server's usual one. */
  threshold: number | null;
}

/** @throws ApiError with the server's own words, which name the line and the field */
export async function sendJudgments({ file, ...query }: JudgmentFile): Promise<JudgeRunObject> {
  const response = await fetch(address('/api/evaluation/judgments/import', { ...query }), {
    method: 'POST',
    headers: { ...authorization(), 'content-type': 'application/x-ndjson' },
    body: file,
  }).catch(() => {
    throw unreachable();
  });
  if (!response.ok) throw refused(response.status, await response.text());
  return (await response.json()) as JudgeRunObject;
}

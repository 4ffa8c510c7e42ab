/** `assay judge jr_... --trust` and `assay judge --ranking DATASET`: asks the server and writes what it says. */

import type { RankingObject, TrustPanel } from '../contracts/trust.ts';
import type { Client } from './client.ts';
import type { Display } from './display.ts';
import { rankingLines, trustLines } from './trust-text.ts';

export async function showTrust(
  client: Client,
  asked: { id: string; judge: string | undefined; labels: string | undefined; threshold: number | undefined },
  display: Display,
): Promise<void> {
  const { id, ...query } = asked;
  const panel = await client.ask<TrustPanel>(`/api/evaluation/runs/${encodeURIComponent(id)}/trust`, { query });
  display.emit(panel);
  display.say(...trustLines(panel, display.width()));
}

export async function showRanking(
  client: Client,
  asked: { dataset: string; judge: string | undefined },
  display: Display,
): Promise<void> {
  const query = { dataset_id: asked.dataset, judge: asked.judge };
  const ranking = await client.ask<RankingObject>('/api/evaluation/ranking', { query });
  display.emit(ranking);
  display.say(...rankingLines(ranking, display.width()));
}

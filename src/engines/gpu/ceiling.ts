/** The learned ceiling: how many tokens of a model may be in flight on a card before its memory runs out. */

import type { TokenCeiling } from '../../contracts/gpu.ts';
import type { Database } from '../../db/database.ts';
import { AssayError } from '../../errors.ts';

/** A model as the registry gives it, and who asks for it. What is learned of a shared model counts for everyone. */
export interface CeilingModel {
  userId: string;
  id: string;
  scope: 'shared' | 'user';
}

export interface Ceilings {
  /** So many tokens were in flight and the card had room. Writes only when it is the most so far. */
  noteSafe(model: CeilingModel, card: string, tokensInFlight: number): Promise<void>;
  /** At so many tokens in flight the card was full, or ran out of memory. From here on the ceiling holds. */
  noteFull(model: CeilingModel, card: string, tokensInFlight: number): Promise<void>;
  /** Tokens that may be in flight; null until the card was full once: nothing is known to limit it. */
  ceilingOf(model: CeilingModel, card: string): Promise<number | null>;
  /** All that a user may see, own models' and shared ones', by model. */
  list(userId: string): Promise<(model: Omit<CeilingModel, 'userId'>) => TokenCeiling[]>;
  /**
   * Forgets what was learned, of one card or of all; gives how many were forgotten.
   * @throws AssayError conflict when a shared model's is asked for by another than who runs the server
   */
  reset(model: CeilingModel, card?: string): Promise<number>;
}

/** `share` of what was seen to fit is the ceiling. `operatorId` is who runs the server. */
export interface CeilingOptions {
  database: Database;
  share: number;
  operatorId?: string;
}

interface Row {
  user_id: string;
  model_id: string;
  card: string;
  safe_tokens: string;
  full_tokens: string | null;
}

export function openCeilings({ database, share, operatorId = 'local' }: CeilingOptions): Ceilings {
  const ceilingIn = (row: Row): number | null =>
    row.full_tokens === null ? null : Math.floor(Number(row.safe_tokens) * share);
  return {
    noteSafe: (model, card, tokens) => write(database, NOTE_SAFE, [model, card, tokens]),
    noteFull: (model, card, tokens) => write(database, NOTE_FULL, [model, card, tokens]),
    async ceilingOf(model, card) {
      const rows = await inScope(database, model, (q, owner) =>
        q.query<Row>(`select * from token_ceilings where user_id = $1 and model_id = $2 and card = $3`, [
          owner,
          model.id,
          card,
        ]),
      );
      return rows.rows[0] === undefined ? null : ceilingIn(rows.rows[0]);
    },
    async list(userId) {
      const rows = [...(await rowsOf(database, userId, 'user')), ...(await rowsOf(database, userId, 'shared'))];
      return ({ id, scope }) =>
        rows
          .filter((row) => row.model_id === id && (row.user_id === '') === (scope === 'shared'))
          .map((row) => ({
            card: row.card,
            safe_tokens: Number(row.safe_tokens),
            full_tokens: row.full_tokens === null ? null : Number(row.full_tokens),
            ceiling_tokens: ceilingIn(row),
          }));
    },
    async reset(model, card) {
      if (model.scope === 'shared' && model.userId !== operatorId) {
        const what = `What was learned of ${model.id} counts for all users`;
        throw new AssayError('conflict', { what, remedy: 'Have it reset by the one who runs the server.' });
      }
      const { rowCount } = await inScope(database, model, (q, owner) =>
        q.query('delete from token_ceilings where user_id = $1 and model_id = $2 and card = coalesce($3, card)', [
          owner,
          model.id,
          card ?? null,
        ]),
      );
      return rowCount ?? 0;
    },
  };
}

/** What fits is never said to be more than what filled the card. */
const NOTE_SAFE = `insert into token_ceilings as kept (user_id, model_id, card, safe_tokens) values ($1, $2, $3, $4)
  on conflict (user_id, model_id, card) do update
    set safe_tokens = least(excluded.safe_tokens, kept.full_tokens), updated_at = now()
    where kept.safe_tokens < least(excluded.safe_tokens, kept.full_tokens)`;

const NOTE_FULL = `insert into token_ceilings as kept (user_id, model_id, card, safe_tokens, full_tokens)
  values ($1, $2, $3, $4, $4)
  on conflict (user_id, model_id, card) do update
    set full_tokens = least(kept.full_tokens, excluded.full_tokens),
      safe_tokens = least(kept.safe_tokens, excluded.full_tokens), updated_at = now()
    where kept.full_tokens is null or kept.full_tokens > excluded.full_tokens`;

async function write(database: Database, sql: string, [model, card, tokens]: [CeilingModel, string, number]) {
  await inScope(database, model, (q, owner) => q.query(sql, [owner, model.id, card, Math.floor(tokens)]));
}

type Client = Parameters<Parameters<Database['asSystem']>[0]>[0];

/** Rows of a shared model belong to no user, so the system's role touches them. */
function inScope<T>(
  database: Database,
  { userId, scope }: Pick<CeilingModel, 'userId' | 'scope'>,
  work: (q: Client, owner: string) => Promise<T>,
): Promise<T> {
  return scope === 'shared' ? database.asSystem((q) => work(q, '')) : database.asUser(userId, (q) => work(q, userId));
}

async function rowsOf(database: Database, userId: string, scope: CeilingModel['scope']): Promise<Row[]> {
  const found = await inScope(database, { userId, scope }, (q, owner) =>
    q.query<Row>('select * from token_ceilings where user_id = $1 order by model_id, card', [owner]),
  );
  return found.rows;
}

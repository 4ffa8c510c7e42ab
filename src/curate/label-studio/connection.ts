/** Keeps the one connection of a user to a Label Studio: checked before it is kept, its token encrypted, never shown again. */

import type { ConnectionObject, NewConnection } from '../../contracts/label-studio.ts';
import { AssayError } from '../../errors.ts';
import type { LabelStudioDeps } from './label-studio-deps.ts';
import type { LinkRow, ProjectRow } from './rows.ts';
import type { LabelStudioClient } from './wire/client.ts';
import { tokenKind } from './wire/open-client.ts';

/** What a sealed token is bound to. */
const sealedAs = (userId: string, baseUrl: string): string => `the token of ${userId} for ${baseUrl}`;

/** Takes the place of the connection before. @throws AssayError label_studio_unreachable, _refused, _too_old, _failed; then nothing is kept */
export async function connectLabelStudio(
  deps: LabelStudioDeps,
  userId: string,
  asked: NewConnection,
): Promise<ConnectionObject> {
  const baseUrl = asked.base_url.replace(/\/+$/, '');
  const token = asked.token.trim();
  const { account, version } = await deps.connect({ baseUrl, token }).whoAmI();
  const sealed = deps.sealer.seal(token, sealedAs(userId, baseUrl));
  return deps.db.asUser(userId, async (q) => {
    const { rows } = await q.query<LinkRow>(
      `insert into label_studio_links (user_id, base_url, token_kind, token_sealed, account, version)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (user_id) do update set base_url = excluded.base_url, token_kind = excluded.token_kind,
         token_sealed = excluded.token_sealed, account = excluded.account, version = excluded.version, problem = null,
         checked_at = now()
       returning *`,
      [userId, baseUrl, tokenKind(token), sealed, account, version],
    );
    return connectionObject(rows[0]!);
  });
}

/** Also when there is none: then `connected` is false. */
export async function connectionOf(deps: LabelStudioDeps, userId: string): Promise<ConnectionObject> {
  return connectionObject(await linkOf(deps, userId));
}

/** Projects and what came from there stay; they are not looked after any more. One that is not there is no error. */
export async function disconnect(deps: LabelStudioDeps, userId: string): Promise<ConnectionObject> {
  await deps.db.asUser(userId, (q) => q.query('delete from label_studio_links where user_id = $1', [userId]));
  return connectionObject(null);
}

/** @throws AssayError label_studio_not_connected, secret_unreadable */
export async function clientOf(deps: LabelStudioDeps, userId: string): Promise<LabelStudioClient> {
  const link = await linkOf(deps, userId);
  if (link === null) throw new AssayError('label_studio_not_connected');
  const token = deps.sealer.open(link.token_sealed, sealedAs(userId, link.base_url));
  return deps.connect({ baseUrl: link.base_url, token });
}

/** A project that is there, with who speaks to it. */
export interface RemoteOf {
  client: LabelStudioClient;
  remoteId: number;
}

/** @throws AssayError label_studio_not_connected, secret_unreadable, conflict (files only, or at another address than the connection) */
export async function remoteOf(deps: LabelStudioDeps, userId: string, project: ProjectRow): Promise<RemoteOf> {
  if (project.remote_id === null) {
    throw new AssayError('conflict', {
      what: `Project ${project.project_id} goes by files alone`,
      remedy: `Take its tasks with assay label-studio export ${project.project_id}, and bring what is annotated with import.`,
    });
  }
  const client = await clientOf(deps, userId);
  if (client.baseUrl !== project.base_url) {
    throw new AssayError('conflict', {
      what: `Project ${project.project_id} is at ${project.base_url}, and the connection is to ${client.baseUrl}`,
      remedy: `Connect to ${project.base_url}, or make a new project.`,
    });
  }
  return { client, remoteId: Number(project.remote_id) };
}

/** Says beside the connection why it does not serve at present; null: it does. */
export async function noteProblem(deps: LabelStudioDeps, userId: string, problem: string | null): Promise<void> {
  await deps.db.asUser(userId, (q) =>
    q.query(
      `update label_studio_links set problem = $2, checked_at = now() where user_id = $1 and (problem is distinct from $2 or $2 is null)`,
      [userId, problem],
    ),
  );
}

async function linkOf(deps: LabelStudioDeps, userId: string): Promise<LinkRow | null> {
  const { rows } = await deps.db.asUser(userId, (q) =>
    q.query<LinkRow>('select * from label_studio_links where user_id = $1', [userId]),
  );
  return rows[0] ?? null;
}

function connectionObject(link: LinkRow | null): ConnectionObject {
  return {
    connected: link !== null,
    base_url: link?.base_url ?? null,
    token_kind: link?.token_kind ?? null,
    account: link?.account ?? null,
    version: link?.version ?? null,
    problem: link?.problem ?? null,
    checked_at: link === null ? null : Math.floor(link.checked_at.getTime() / 1000),
  };
}

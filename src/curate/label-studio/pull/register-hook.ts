/** Makes the webhook of a project in Label Studio, with a secret that only the two know, and takes it away again. */

import { randomBytes } from 'node:crypto';
import { AssayError } from '../../../errors.ts';
import { remoteOf } from '../connection.ts';
import type { LabelStudioDeps } from '../label-studio-deps.ts';
import { type ProjectRow, selectProject } from '../rows.ts';

/** How the sentence begins that says why there is no webhook. */
export const hookProblem = 'Label Studio does not call this server';

/** What the webhook shows of itself in each call. */
export const secretHeader = 'x-assay-secret';
export const hookHeaders = (secret: string): Record<string, string> => ({ [secretHeader]: secret });

/** What a sealed secret is bound to. */
const sealedAs = (projectId: string): string => `the webhook of ${projectId}`;

/** The secret, and the address that the webhook was made with. */
interface Hook {
  secret: string;
  url: string;
}

/** null: there is none, or its secret cannot be read with the key of now. */
export function openedHook(
  deps: Pick<LabelStudioDeps, 'sealer'>,
  project: Pick<ProjectRow, 'project_id' | 'hook_secret_sealed'>,
): Hook | null {
  if (project.hook_secret_sealed === null) return null;
  try {
    return JSON.parse(deps.sealer.open(project.hook_secret_sealed, sealedAs(project.project_id))) as Hook;
  } catch (error) {
    if (error instanceof AssayError && error.code === 'secret_unreadable') return null;
    throw error;
  }
}

/**
 * One that is there for the address of now stays; one for another address, or whose secret cannot be read, is made anew. That Label Studio refuses it is no
 * failure: the project says so, and polling finds what annotators say.
 * @throws AssayError not_found, conflict, label_studio_unreachable, _gone, _not_connected
 */
export async function hookOf(deps: LabelStudioDeps, userId: string, projectId: string): Promise<void> {
  const project = await deps.db.asUser(userId, (q) => selectProject(q, projectId));
  const base = deps.hookUrl();
  if (base === null || project.remote_id === null) return;
  const url = `${base.replace(/\/+$/, '')}/api/label-studio/hooks/${project.project_id}`;
  if (project.hook_id !== null && openedHook(deps, project)?.url === url) return;
  if (project.hook_id !== null) await removeHook(deps, userId, project);
  const { client, remoteId } = await remoteOf(deps, userId, project);
  const secret = randomBytes(32).toString('hex');
  const sealed = deps.sealer.seal(JSON.stringify({ secret, url } satisfies Hook), sealedAs(project.project_id));
  // Kept before it is made there: Label Studio may call as soon as it has it.
  await keep(deps, project, { hook: null, sealed, problem: project.problem });
  try {
    const hook = await client.createHook(remoteId, { url, headers: hookHeaders(secret) });
    await keep(deps, project, { hook, sealed, problem: null });
  } catch (error) {
    if (!(error instanceof AssayError) || error.code !== 'label_studio_failed') throw error;
    await keep(deps, project, { hook: null, sealed: null, problem: refusedWords(url, error) });
  }
}

const refusedWords = (url: string, error: AssayError): string =>
  `${hookProblem} at ${url}, so that what annotators say is seen when it is looked for, not at once. When the address is in a ` +
  `private network, start Label Studio with SSRF_PROTECTION_ENABLED=false. It said: ${error.message}`;

async function keep(
  deps: LabelStudioDeps,
  project: ProjectRow,
  to: { hook: number | null; sealed: Buffer | null; problem: string | null },
): Promise<void> {
  await deps.db.asUser(project.user_id, (q) =>
    q.query(
      'update label_studio_projects set hook_id = $2, hook_secret_sealed = $3, problem = $4 where project_id = $1',
      [project.project_id, to.hook, to.sealed, to.problem],
    ),
  );
}

/** From then on a call with its secret is not taken. One that is not there is no error. @throws AssayError label_studio_… */
export async function removeHook(deps: LabelStudioDeps, userId: string, project: ProjectRow): Promise<void> {
  if (project.hook_id === null) return;
  await keep(deps, project, { hook: null, sealed: null, problem: project.problem });
  const { client } = await remoteOf(deps, userId, project);
  await client.deleteHook(Number(project.hook_id));
}

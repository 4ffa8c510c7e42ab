/** Names a model in what goes out: by its id, or, where annotators must not know it, by a key that says nothing. */

import type { ProjectRow } from './rows.ts';
import type { Sealer } from './sealed.ts';

/** The key of each model for the `meta` of tasks; of a blind project another one in every project, and the same in all its tasks. */
export function slotKeys(
  sealer: Pick<Sealer, 'nameOf'>,
  project: Pick<ProjectRow, 'project_id' | 'blind'>,
): (model: string) => string {
  return project.blind ? (model) => sealer.nameOf(`${project.project_id} ${model}`) : (model) => model;
}

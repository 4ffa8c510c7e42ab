/** Reads models.yaml; every fault is reported with its file and line. */

import { dirname, resolve } from 'node:path';
import { type ModelSpec, modelSpec } from '../contracts/models.ts';
import { readYamlList } from './yaml-list.ts';

/**
 * The models of a models.yaml: a list, or a list under `models:`. A relative file: source is taken from the file's
 * folder.
 * @throws AssayError models_file_invalid with the first fault's line and all faults in its message
 */
export function readModelsFile(file: string): ModelSpec[] {
  const models = readYamlList(file, {
    key: 'models',
    entry: modelSpec,
    id: 'id',
    code: 'models_file_invalid',
    variable: 'ASSAY_MODELS',
  });
  return models.map((spec) => withAbsoluteFile(spec, dirname(resolve(file))));
}

function withAbsoluteFile(spec: ModelSpec, folder: string): ModelSpec {
  if (!spec.source?.startsWith('file:') || spec.source.startsWith('file://')) return spec;
  return { ...spec, source: `file:${resolve(folder, spec.source.slice('file:'.length))}` };
}

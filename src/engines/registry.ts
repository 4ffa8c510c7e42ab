/** Knows all models: the built-in ones, those of models.yaml, and those a user added. */

import type { ModelSpec } from '../contracts/models.ts';
import type { Database } from '../db/database.ts';
import { AssayError } from '../errors.ts';
import { builtInModels, testModels } from './built-in.ts';
import { readModelsFile } from './models-file.ts';
import { readPrices } from './prices.ts';
import { type ProviderAddresses, providerModel, providerNamed, usualAddresses } from './provider-models.ts';
import { withoutPassword } from './secrets.ts';

/**
 * `shared` models are everyone's (built in, or of models.yaml); `user` models belong to who added them. Those of a provider
 * that have no entry (openai/NAME and the like) are `user` models of the one who runs the server, whose key pays for them.
 */
export type RegisteredModel = ModelSpec & { scope: 'shared' | 'user' };

export interface ModelRegistry {
  /** @throws AssayError model_not_found that names the known ids */
  find(userId: string, modelId: string): Promise<RegisteredModel>;
  /** Models of providers that need no entry and have a price in the table; none for whom they are not. */
  offered(userId: string): RegisteredModel[];
  /** As it can be shown: shared models first, then the user's own by id; no passwords in addresses, no command lines. */
  list(userId: string): Promise<RegisteredModel[]>;
  /** @throws AssayError conflict when the id is taken, model_invalid when this user may not add such a model */
  add(userId: string, spec: ModelSpec): Promise<RegisteredModel>;
  /** @throws AssayError not_found, or conflict for a shared model */
  remove(userId: string, modelId: string): Promise<void>;
}

/** `modelsFile` is read once, here; an entry with the id of a built-in model replaces it. */
export interface RegistryOptions {
  database: Database;
  modelsFile?: string | null | undefined;
  /** The one who runs the server, and so may name files and environment variables of it. */
  operatorId?: string;
  /** The table of prices; the one that comes with Assay when absent. */
  pricesFile?: string | null | undefined;
  providers?: ProviderAddresses;
}

/** @throws AssayError models_file_invalid, prices_file_invalid */
export function openRegistry(options: RegistryOptions): ModelRegistry {
  const { database, operatorId = 'local', providers = usualAddresses } = options;
  const prices = readPrices(options.pricesFile);
  const priced = (spec: RegisteredModel): RegisteredModel => {
    const price = spec.price ?? prices.of(spec.id);
    return price === undefined ? spec : { ...spec, price };
  };
  /** Of the one who runs the server alone: else any user could spend that one's money. */
  const ofProvider = (userId: string, modelId: string): RegisteredModel | null => {
    const spec = userId === operatorId ? providerModel(modelId, providers) : null;
    return spec === null ? null : { ...spec, scope: 'user' };
  };
  const fromFile = options.modelsFile ? readModelsFile(options.modelsFile) : [];
  const shared = new Map<string, RegisteredModel>();
  for (const spec of [...builtInModels, ...fromFile]) shared.set(spec.id, { ...spec, scope: 'shared' });
  const hidden = new Map(testModels.map((spec) => [spec.id, { ...spec, scope: 'shared' as const }]));

  const list = async (userId: string): Promise<RegisteredModel[]> =>
    [...shared.values(), ...(await listRows(database, userId))].map((model) => shown(priced(model)));

  return {
    list,
    offered: (userId) => prices.ids.flatMap((id) => (shared.has(id) ? [] : (ofProvider(userId, id) ?? []))).map(priced),
    async find(userId, modelId) {
      const registered = shared.get(modelId) ?? hidden.get(modelId) ?? (await findRow(database, userId, modelId));
      const found = registered ?? ofProvider(userId, modelId);
      if (found !== null) return priced(found);
      const ids = (await list(userId)).map((model) => model.id).join(', ');
      const known = `${ids}${providerHint(modelId, userId === operatorId)}`;
      throw new AssayError('model_not_found', { value: modelId, known }, { param: 'model' });
    },
    async add(userId, spec) {
      if (userId !== operatorId) refuseOperatorOnly(spec);
      if (shared.has(spec.id) || hidden.has(spec.id) || !(await insertRow(database, userId, spec))) {
        const what = `A model with id ${spec.id} is there already`;
        throw new AssayError('conflict', { what, remedy: 'Choose another id.' }, { param: 'id' });
      }
      return { ...spec, scope: 'user' };
    },
    async remove(userId, modelId) {
      if (shared.has(modelId) || hidden.has(modelId)) {
        const what = `Model ${modelId} is built in or stands in models.yaml`;
        throw new AssayError('conflict', { what, remedy: 'Remove it from models.yaml and start again.' });
      }
      if (!(await deleteRow(database, userId, modelId)))
        throw new AssayError('not_found', { kind: 'model', id: modelId, list: '/admin/models' });
    },
  };
}

/** What to know where the id is one of a provider's; it follows the list of models. */
function providerHint(modelId: string, operator: boolean): string {
  const provider = providerNamed(modelId);
  if (provider === null) return '';
  if (!operator) return `; those of ${provider}/ are for who runs the server, who can name one for all in models.yaml`;
  return `; those of ${provider}/ are written ${provider === 'hf' ? 'hf/OWNER/NAME' : `${provider}/NAME`}`;
}

/** A command line may hold a token, an address a name and password. */
function shown({ command: _, ...spec }: RegisteredModel): RegisteredModel {
  return spec.base_url === undefined ? spec : { ...spec, base_url: withoutPassword(spec.base_url) };
}

/** Else a user could send the server's secrets to an address of their own, or have its files read. */
function refuseOperatorOnly(spec: ModelSpec): void {
  const refuse = (field: string): never => {
    const problem = 'only who runs the server can state it, in models.yaml';
    throw new AssayError('model_invalid', { model: spec.id, field, problem }, { param: field });
  };
  if (spec.api_key_env !== undefined) refuse('api_key_env');
  if (spec.engine === 'llama-server') refuse('engine');
  if (spec.command !== undefined) refuse('command');
}

async function listRows(database: Database, userId: string): Promise<RegisteredModel[]> {
  const rows = await database.asUser(userId, (q) =>
    q.query<{ spec: ModelSpec }>('select spec from models where user_id = $1 order by model_id', [userId]),
  );
  return rows.rows.map((row) => ({ ...row.spec, scope: 'user' }));
}

async function findRow(database: Database, userId: string, modelId: string): Promise<RegisteredModel | null> {
  const { rows } = await database.asUser(userId, (q) =>
    q.query<{ spec: ModelSpec }>('select spec from models where user_id = $1 and model_id = $2', [userId, modelId]),
  );
  return rows[0] === undefined ? null : { ...rows[0].spec, scope: 'user' };
}

async function insertRow(database: Database, userId: string, spec: ModelSpec): Promise<boolean> {
  const { rowCount } = await database.asUser(userId, (q) =>
    q.query('insert into models (user_id, model_id, spec) values ($1, $2, $3) on conflict do nothing', [
      userId,
      spec.id,
      JSON.stringify(spec),
    ]),
  );
  return rowCount === 1;
}

async function deleteRow(database: Database, userId: string, modelId: string): Promise<boolean> {
  const { rowCount } = await database.asUser(userId, (q) =>
    q.query('delete from models where user_id = $1 and model_id = $2', [userId, modelId]),
  );
  return rowCount === 1;
}

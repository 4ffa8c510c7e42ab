/** /admin/datasets: upload, list, get, change, look into, delete. */

import { z } from 'zod';
import {
  changeDataset,
  datasetItems,
  datasetObject,
  datasetUse,
  datasetVersions,
  uploadedDataset,
} from '../../contracts/datasets.ts';
import { pageLimit } from '../../contracts/lists.ts';
import { discard, type FileStore } from '../../files/store.ts';
import { check } from '../check.ts';
import { readForm } from '../form.ts';
import type { DatasetRoom } from '../workbench-deps.ts';
import { errors, formBody, type RouteScope } from './describe-route.ts';

/** What these routes are handed; `datasetMaxBytes` is the largest upload. */
export interface DatasetRoutesDeps {
  store: FileStore;
  limits: { datasetMaxBytes: number };
  workbench: { datasets: DatasetRoom };
}

const tags = ['datasets'];
const params = z.object({ id: z.string() });
const fields = z.object({
  /** Shown name; the file's name when absent. */
  name: z.string().max(200).optional(),
  /** The dataset that the file is a new version of. */
  dataset_id: z.string().max(200).optional(),
});
const itemsQuery = z.object({
  after: z.coerce.number().int().min(-1).max(2_147_483_647).optional(),
  limit: pageLimit(500, 100),
});

export function datasetRoutes(app: RouteScope, deps: DatasetRoutesDeps): void {
  const { datasets } = deps.workbench;
  uploadRoute(app, deps);

  app.get(
    '/admin/datasets',
    {
      schema: {
        tags,
        summary: 'List datasets, the newest first',
        response: { 200: z.object({ data: z.array(datasetObject) }), ...errors },
      },
    },
    async (request) => ({ data: await datasets.list(request.userId) }),
  );

  app.get(
    '/admin/datasets/:id',
    { schema: { tags, summary: 'Get a dataset', params, response: { 200: datasetObject, ...errors } } },
    async (request) => datasets.get(request.userId, request.params.id),
  );

  app.patch(
    '/admin/datasets/:id',
    {
      schema: {
        tags,
        summary: 'Rename a dataset, or change how its items are read and its answers compared',
        params,
        body: changeDataset,
        response: { 200: datasetObject, ...errors },
      },
    },
    async (request) => datasets.change(request.userId, request.params.id, request.body),
  );

  app.get(
    '/admin/datasets/:id/use',
    {
      schema: {
        tags,
        summary: 'What deleting a dataset would take with it',
        params,
        response: { 200: datasetUse, ...errors },
      },
    },
    async (request) => datasets.use(request.userId, request.params.id),
  );

  app.get(
    '/admin/datasets/:id/versions',
    {
      schema: {
        tags,
        summary: 'Versions of a dataset, the newest first, with how many benchmarks are over each',
        params,
        response: { 200: datasetVersions, ...errors },
      },
    },
    async (request) => ({ versions: await datasets.versions(request.userId, request.params.id) }),
  );
  itemRoutes(app, datasets);
}

function uploadRoute(app: RouteScope, { workbench, store, limits }: DatasetRoutesDeps): void {
  const limit = { maxBytes: limits.datasetMaxBytes, what: 'The file', setting: 'ASSAY_DATASET_MAX_BYTES' };
  app.post(
    '/admin/datasets/upload',
    {
      ...formBody('file', fields),
      schema: {
        ...formBody('file', fields).schema,
        tags,
        summary: 'Upload a JSONL, CSV or Parquet file as a dataset, or as a new version of one',
        response: { 200: uploadedDataset, ...errors },
      },
    },
    async (request) => {
      const form = await readForm(request, 'file', { store, limit });
      try {
        const { name, dataset_id } = check(fields, form.fields);
        const { path, bytes, sha256 } = form.staged;
        return await workbench.datasets.import(request.userId, {
          path,
          bytes,
          sha256,
          filename: form.filename,
          ...(name ? { name } : {}),
          ...(dataset_id ? { datasetId: dataset_id } : {}),
        });
      } finally {
        await discard(form.staged);
      }
    },
  );
}

function itemRoutes(app: RouteScope, datasets: DatasetRoom): void {
  app.get(
    '/admin/datasets/:id/items',
    {
      schema: {
        tags,
        summary: 'Items of the newest version, in the order of the file',
        params,
        querystring: itemsQuery,
        response: { 200: datasetItems, ...errors },
      },
    },
    async (request) => {
      const { after, limit } = request.query;
      return datasets.items(request.userId, request.params.id, { limit, ...(after === undefined ? {} : { after }) });
    },
  );

  app.delete(
    '/admin/datasets/:id',
    {
      schema: {
        tags,
        summary: 'Delete a dataset with all that hangs on it',
        params,
        response: { 200: z.object({ id: z.string(), deleted: z.literal(true), removed: datasetUse }), ...errors },
      },
    },
    async (request) => {
      const { id } = request.params;
      return { id, deleted: true as const, removed: await datasets.remove(request.userId, id) };
    },
  );
}

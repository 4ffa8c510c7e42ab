/** /admin/keys: API keys, for the local user only; `assay keys` asks here. */

import { z } from 'zod';
import { unixSeconds } from '../../contracts/lists.ts';
import type { HttpDeps } from '../deps.ts';
import { addKey, listKeys, revokeKey } from '../keys.ts';
import { ownerOnly } from '../owner-only.ts';
import { errors, type RouteScope } from './describe-route.ts';

const apiKey = z.object({
  id: z.string(),
  user_id: z.string(),
  name: z.string(),
  hint: z.string(),
  created_at: unixSeconds,
  last_used_at: unixSeconds.nullable(),
  revoked_at: unixSeconds.nullable(),
});

const newKey = z.object({
  name: z.string().min(1).max(200),
  /** The user it stands for; the local user when absent. */
  user_id: z.string().min(1).max(200).optional(),
});

const tags = ['operations'];
/** Keys of all users are in the hands of the one who runs the server. */
const what = 'manage API keys (assay keys can, on its machine)';

export function keyRoutes(app: RouteScope, { db }: HttpDeps): void {
  app.get(
    '/admin/keys',
    { schema: { tags, summary: 'List API keys', response: { 200: z.object({ data: z.array(apiKey) }), ...errors } } },
    async (request) => {
      ownerOnly(request.userId, what);
      return { data: await listKeys(db) };
    },
  );

  app.post(
    '/admin/keys',
    {
      schema: {
        tags,
        summary: 'Make an API key; it is shown this once',
        body: newKey,
        response: { 200: apiKey.extend({ key: z.string() }), ...errors },
      },
    },
    async (request) => {
      ownerOnly(request.userId, what);
      const { name, user_id } = request.body;
      return addKey(db, { name, ...(user_id === undefined ? {} : { userId: user_id }) });
    },
  );

  app.delete(
    '/admin/keys/:id',
    {
      schema: {
        tags,
        summary: 'Revoke an API key',
        params: z.object({ id: z.string() }),
        response: { 200: apiKey, ...errors },
      },
    },
    async (request) => {
      ownerOnly(request.userId, what);
      return revokeKey(db, request.params.id);
    },
  );
}

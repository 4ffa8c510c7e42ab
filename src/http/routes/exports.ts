/** /admin/exports: the answers that a filter chooses, as a file in the format of one's choice. */

import { Readable } from 'node:stream';
import { z } from 'zod';
import { exportFormats } from '../../contracts/curation.ts';
import { gridFilter } from '../../contracts/workbench.ts';
import type { CurationRoom } from '../workbench-deps.ts';
import type { RouteScope } from './describe-route.ts';

const query = gridFilter.omit({ dataset_id: true }).extend({
  format: z.enum(exportFormats).default('jsonl'),
  /** Every answer, not only those of which something is said. */
  all: z.enum(['true', 'false', '1', '0']).default('false'),
});

export function exportRoutes(app: RouteScope, { workbench }: { workbench: { curation: CurationRoom } }): void {
  const { curation } = workbench;
  app.get(
    '/admin/exports/:dataset_id',
    {
      schema: {
        tags: ['curation'],
        summary: 'Export annotated answers (all=true: every answer) that the filter chooses',
        params: z.object({ dataset_id: z.string() }),
        querystring: query,
      },
    },
    async (request, reply) => {
      const { format, all, ...chosen } = request.query;
      const filter = { ...chosen, dataset_id: request.params.dataset_id };
      const whole = all === 'true' || all === '1';
      const file = await curation.export(request.userId, { format, filter, all: whole });
      void reply.headers({
        'content-type': file.contentType,
        'content-disposition': `attachment; filename="${file.filename}"`,
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      });
      if (request.method !== 'HEAD') return reply.send(file.content);
      file.content.destroy();
      return reply.send(Readable.from([]));
    },
  );
}

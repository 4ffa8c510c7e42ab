/** /api/evaluation/judge: answers judged before the reply, and what can be asked of whom. */

import { judgedNow, judgeNow, judgingChoices } from '../../contracts/judge-now.ts';
import { engineFault } from '../engine-fault.ts';
import type { JudgeNowRoom } from '../workbench-deps.ts';
import { errors, type RouteScope } from './describe-route.ts';

const tags = ['evaluation'];

/** What these routes need of what the HTTP surface is handed. */
export type JudgeNowRouteDeps = { workbench: { judgeNow: JudgeNowRoom } };

export function judgeNowRoutes(app: RouteScope, { workbench }: JudgeNowRouteDeps): void {
  const room = workbench.judgeNow;
  app.get(
    '/api/evaluation/judge',
    {
      schema: {
        tags,
        summary: 'What can be asked of judges, and the models that can be judges, each with its key and price',
        response: { 200: judgingChoices, ...errors },
      },
    },
    async (request) => room.choices(request.userId),
  );

  app.post(
    '/api/evaluation/judge',
    {
      schema: {
        tags,
        summary: 'Judge one or many answers now, with a kept rubric or a draft; nothing is kept',
        body: judgeNow,
        response: { 200: judgedNow, ...errors },
      },
    },
    async (request, reply) => {
      const gone = new AbortController();
      reply.raw.on('close', () => gone.abort(new Error('The client went away.')));
      try {
        return await room.judge(request.userId, request.body, gone.signal);
      } catch (error) {
        // Nobody is left to be told.
        if (gone.signal.aborted) return reply.hijack() as never;
        throw engineFault(error, { model: request.body.judge_model, timeoutMs: room.timeoutMs });
      }
    },
  );
}

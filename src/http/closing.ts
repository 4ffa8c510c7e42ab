/** Lets the server close although clients hold it open: event streams end at once, other answers after a grace. */

import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    /** Aborts when the server begins to close; streams without an end of their own listen to it. */
    closing: AbortSignal;
  }
}

/** `graceMs`: how long uploads, downloads and answers on their way may go on. */
export function endOnClose(app: FastifyInstance, graceMs: number): void {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  app.decorate('closing', controller.signal);
  app.addHook('preClose', async () => {
    controller.abort();
    timer = setTimeout(() => app.server.closeAllConnections(), graceMs);
    app.server.closeIdleConnections();
  });
  app.addHook('onClose', async () => clearTimeout(timer));
}

/** Measures every answered request by method, route and status. */

import type { FastifyInstance } from 'fastify';
import { Histogram, type Registry } from 'prom-client';

/** Registers `assay_http_request_seconds`; the route's pattern is the label, so that ids do not become labels. */
export function measureRequests(app: FastifyInstance, registry: Registry): void {
  const histogram = new Histogram({
    name: 'assay_http_request_seconds',
    help: 'Time from a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600],
    registers: [registry],
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    histogram.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
  });
}

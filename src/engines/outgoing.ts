/** Writes the request an engine gets for a row: its body with our own streaming fields, its address, its headers. */

import type { EngineEndpoint, EngineRequest } from '../contracts/engine.ts';

/** Address and headers of an endpoint, worked out once. `headers` alternates names and values, as undici takes it. */
export interface Route {
  origin: string;
  prefix: string;
  headers: string[];
}

const routes = new WeakMap<EngineEndpoint, Route>();

export function routeOf(endpoint: EngineEndpoint): Route {
  let route = routes.get(endpoint);
  if (route === undefined) {
    const url = new URL(endpoint.baseUrl);
    const headers = ['content-type', 'application/json'];
    for (const [name, value] of Object.entries(endpoint.headers)) headers.push(name, value);
    route = { origin: url.origin, prefix: url.pathname === '/' ? '' : url.pathname.replace(/\/$/, ''), headers };
    routes.set(endpoint, route);
  }
  return route;
}

/**
 * The body to send: the row's, over the endpoint's params; always streamed (but embeddings, which have no stream), since
 * an abandoned unstreamed request keeps its slot of llama-server until it is done.
 */
export function outgoingBody(endpoint: EngineEndpoint, request: EngineRequest): string {
  const { path } = request;
  const body: Record<string, unknown> = { ...endpoint.params, ...request.body, model: endpoint.upstreamModel };
  if (path === '/v1/embeddings') {
    delete body.stream;
    delete body.stream_options;
    return JSON.stringify(body);
  }
  body.stream = true;
  if (path === '/v1/responses') {
    delete body.stream_options;
    return JSON.stringify(body);
  }
  body.stream_options = { include_usage: true };
  if (request.lane !== null && endpoint.engine === 'llama-server') body.id_slot = request.lane;
  return JSON.stringify(body);
}

/** What is wrong with a row that the engine would answer with invented text, or null. */
export function refusedBefore(endpoint: EngineEndpoint, request: EngineRequest): string | null {
  if (endpoint.engine !== 'llama-server' || request.path !== '/v1/chat/completions') return null;
  const messages = request.body.messages;
  return Array.isArray(messages) && messages.length === 0 ? 'messages must hold at least one message' : null;
}

/** Serves the built web client: its page at the addresses it knows, its assets for good, under a strict policy. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** Addresses at which the client shows a page of its own. */
const pages = [
  '/',
  '/models',
  '/batches',
  '/batches/:id',
  '/judging',
  '/judging/:id',
  '/failures',
  '/failures/:id',
  '/training',
  '/training/:id',
  '/training/:id/beside/:other',
  '/label',
  '/label-studio',
  '/label-studio/:id',
  '/review/:datasetId',
  '/settings',
];

/** Nothing but our own files runs or is fetched; the page cannot be framed. `host` is this server's, as it was asked for. */
const policy = (host: string) =>
  [
    "default-src 'self'",
    // Components set sizes and colours by attribute.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    // Not every browser takes 'self' to mean sockets, too.
    `connect-src 'self' ws://${host} wss://${host}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');

const headers = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** `folder` holds index.html, assets/ with hashed names, and a few files beside it. The API's routes come first. */
export async function webClient(app: FastifyInstance, { folder }: { folder: string }): Promise<void> {
  await app.register(async (scope) => {
    // A browser asks for the page before anyone could give it a key; the data it shows asks for one.
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, open: true };
      route.schema = { ...route.schema, hide: true };
    });
    scope.addHook('onSend', async (request, reply) => {
      const host = request.headers.host ?? '';
      void reply.headers({
        ...headers,
        'content-security-policy': policy(/^[\w.:[\]-]+$/.test(host) ? host : 'localhost'),
      });
    });
    await scope.register(fastifyStatic, {
      root: join(folder, 'assets'),
      prefix: '/assets/',
      index: false,
      // A name holds the hash of what is in the file.
      immutable: true,
      maxAge: '365d',
      preCompressed: true,
    });
    for (const url of pages) scope.get(url, (_request, reply) => send(reply, 'index.html', folder));
    for (const name of besideThePage(folder)) scope.get(`/${name}`, (_request, reply) => send(reply, name, folder));
  });
}

/** Asked for anew each time, answered 304 while it is the same. */
function send(reply: FastifyReply, name: string, folder: string): FastifyReply {
  return reply.sendFile(name, folder, { cacheControl: false }).header('cache-control', 'no-cache');
}

function besideThePage(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^\w[\w-]*\.(svg|js|txt|png|ico)$/.test(entry.name))
    .map(({ name }) => name);
}

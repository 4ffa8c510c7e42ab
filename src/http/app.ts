/** The HTTP application: what every request passes through, and all routes. */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import multipart from '@fastify/multipart';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { AssayError } from '../errors.ts';
import { answerClientError, answerError } from './answer-error.ts';
import { authenticator, checkSource } from './auth.ts';
import { endOnClose } from './closing.ts';
import type { HttpDeps } from './deps.ts';
import { liveRoutes } from './live.ts';
import { describeApi } from './openapi.ts';
import { measureRequests } from './request-metrics.ts';
import { analysisRoutes } from './routes/analyses.ts';
import { annotationRoutes } from './routes/annotations.ts';
import { batchRoutes } from './routes/batches.ts';
import { benchmarkRoutes } from './routes/benchmarks.ts';
import { curationRoutes } from './routes/curation.ts';
import { datasetRoutes } from './routes/datasets.ts';
import { evaluationRoutes } from './routes/evaluation.ts';
import { exportRoutes } from './routes/exports.ts';
import { fileRoutes } from './routes/files.ts';
import { judgeNowRoutes } from './routes/judge-now.ts';
import { keyRoutes } from './routes/keys.ts';
import { labelProjectRoutes } from './routes/label-projects.ts';
import { labelStudioRoutes } from './routes/label-studio.ts';
import { modelRoutes } from './routes/models.ts';
import { operationRoutes } from './routes/operations.ts';
import { passThroughRoutes } from './routes/passthrough.ts';
import { settingsRoutes } from './routes/settings.ts';
import { trainingJobRoutes } from './routes/training.ts';
import { trainingLocalRoutes } from './routes/training-local.ts';
import { trainingPredictionRoutes } from './routes/training-predictions.ts';
import { trustRoutes } from './routes/trust.ts';
import { uploadRoutes } from './routes/uploads.ts';
import { workbenchRoutes } from './routes/workbench.ts';
import { workerRoutes } from './routes/workers.ts';
import { webClient } from './web-client.ts';
import type { WorkbenchDeps } from './workbench-deps.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route there is, in the order of their making. */
    routeList: { method: string; url: string }[];
  }
  interface FastifyRequest {
    arrivedAt: Date;
  }
}

export type App = Awaited<ReturnType<typeof buildApp>>;

/** The application, ready to listen. Closing it ends event streams at once and other answers after the grace. */
export async function buildApp(deps: HttpDeps) {
  const app = Fastify({
    loggerInstance: deps.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: deps.limits.bodyMaxBytes,
    genReqId: requestId,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerClientError,
    frameworkErrors: answerError,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 4096, ignoreTrailingSlash: true },
  })
    .withTypeProvider<ZodTypeProvider>()
    .setValidatorCompiler(validatorCompiler)
    .setSerializerCompiler(serializerCompiler);

  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]!;
    answerError(new AssayError('route_not_found', { method: request.method, path }), request, reply);
  });
  collectRoutes(app);
  acceptEmptyJson(app);
  endOnClose(app, deps.limits.closeGraceMs);
  measureRequests(app, deps.registry);
  guard(app, deps);
  await app.register(multipart);
  await describeApi(app);
  for (const routes of [
    fileRoutes,
    uploadRoutes,
    batchRoutes,
    modelRoutes,
    passThroughRoutes,
    keyRoutes,
    workerRoutes,
    operationRoutes,
  ]) {
    await app.register(async (scope) => routes(scope.withTypeProvider<ZodTypeProvider>(), deps));
  }
  if (deps.workbench !== undefined) await serveWorkbench(app, deps, deps.workbench);
  if (deps.webFolder) await webClient(app, { folder: deps.webFolder });
  return app;
}

/** The routes of the workbench, its live socket among them. */
async function serveWorkbench(app: FastifyInstance, deps: HttpDeps, workbench: WorkbenchDeps): Promise<void> {
  const all = { ...deps, workbench };
  for (const routes of [
    datasetRoutes,
    benchmarkRoutes,
    workbenchRoutes,
    annotationRoutes,
    curationRoutes,
    exportRoutes,
    evaluationRoutes,
    judgeNowRoutes,
    trustRoutes,
    analysisRoutes,
    trainingJobRoutes,
    trainingLocalRoutes,
    trainingPredictionRoutes,
    labelStudioRoutes,
    labelProjectRoutes,
    settingsRoutes,
  ]) {
    await app.register(async (scope) => routes(scope.withTypeProvider<ZodTypeProvider>(), all));
  }
  await app.register(async (scope) =>
    liveRoutes(scope.withTypeProvider<ZodTypeProvider>(), all, { bufferedBytes: deps.limits.liveBufferBytes }),
  );
}

/** A client's own request id when it is a plain one, else a new one; it comes back as x-request-id and is in the log. */
function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given)
    ? given
    : `req_${randomUUID().replaceAll('-', '')}`;
}

/** Source and user are settled before the body is read. */
function guard(app: FastifyInstance, deps: HttpDeps): void {
  const authenticate = authenticator(deps.db, deps.auth);
  app.decorateRequest('userId', '');
  app.decorateRequest('jobId', null);
  app.decorateRequest('arrivedAt', null as unknown as Date);
  app.addHook('onRequest', async (request, reply) => {
    request.arrivedAt = new Date();
    void reply.header('x-request-id', request.id);
    const address = app.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    checkSource(request, { host: deps.auth.host, port });
    if (!request.routeOptions.config.open) Object.assign(request, await authenticate(request));
  });
}

/** Some clients announce JSON and send nothing with a POST that needs no body; that is no body, not bad JSON. */
function acceptEmptyJson(app: FastifyInstance): void {
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, text === '' ? undefined : JSON.parse(text as string));
    } catch (error) {
      done(new AssayError('invalid_body', { problem: `it is not JSON: ${(error as Error).message}` }));
    }
  });
}

function collectRoutes(app: FastifyInstance): void {
  const routes: { method: string; url: string }[] = [];
  app.decorate('routeList', routes);
  app.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) routes.push({ method, url: route.url });
  });
}

/** The HTTP face of the cloud: schemas in and out, errors in one shape, and one line per domain. */
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import { Fault } from '@pulsera/firmware-protocol/fault';
import Fastify, { type FastifyInstance } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import type { Cloud } from './context.ts';
import { edgeAdminRoutes } from './edges/admin-routes.ts';
import { edgeAuth } from './edges/edge-auth.ts';
import { edgeRoutes, enrolmentRoutes } from './edges/routes.ts';
import { exportRoutes } from './events/export-route.ts';
import { eventRoutes } from './events/routes.ts';
import { requireAdmin } from './http/admin-auth.ts';
import { handleErrors } from './http/errors.ts';
import { healthRoute } from './http/health.ts';
import { serveMetrics } from './http/metrics.ts';
import { OPENAPI } from './http/openapi.ts';
import { entryCounts } from './ingest/counts.ts';
import { journalRoutes, sendJournalRoute } from './ingest/routes.ts';
import { ledgerRoutes } from './ledger/routes.ts';
import { releaseHeld } from './replacements/release.ts';
import { replacementRoutes } from './replacements/routes.ts';
import { reversalRoutes } from './reversals/routes.ts';
import { tenantRoutes } from './tenants/routes.ts';
import { topupRoutes } from './topups/routes.ts';

export interface AppOptions {
  readonly logLevel: string;
  readonly requestsPerMinute: number;
  readonly trustedProxies: number;
  readonly metricsToken?: string | undefined;
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

/** Routes of a domain, registered in the scope that fits who may call them. */
export async function buildApp(cloud: Cloud, options: AppOptions): Promise<FastifyInstance> {
  const app = Fastify({
    logger: { level: options.logLevel, redact: ['req.headers.authorization'] },
    trustProxy: (_address, hop) => hop < options.trustedProxies,
    bodyLimit: 1024 * 1024,
    requestTimeout: 60_000,
    routerOptions: { maxParamLength: 64 },
    // A body with a duplicate of our prototype's keys is an attack, not a request.
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    ...(options.tls ? { https: { ...options.tls, minVersion: 'TLSv1.2' as const } } : {}),
  }) as unknown as FastifyInstance;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  handleErrors(app);
  const registry = serveMetrics(app, options.metricsToken);
  await app.register(helmet);
  await app.register(rateLimit, {
    max: options.requestsPerMinute,
    timeWindow: 60_000,
    errorResponseBuilder: (_request, { ttl }) =>
      new Fault('too-many-requests', 'Slow down and try again later.', { detail: { retryInMs: ttl } }),
  });
  await app.register(swagger, {
    openapi: OPENAPI,
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });

  await app.register(healthRoute(cloud.pool));
  await app.register(enrolmentRoutes(cloud));
  await app.register(async admin => {
    admin.addHook('onRequest', requireAdmin(cloud.adminToken));
    await admin.register(tenantRoutes(cloud));
    await admin.register(eventRoutes(cloud));
    await admin.register(edgeAdminRoutes(cloud));
    await admin.register(exportRoutes(cloud));
    await admin.register(ledgerRoutes(cloud));
    await admin.register(replacementRoutes(cloud));
    await admin.register(topupRoutes(cloud));
  });
  await app.register(async boxes => {
    edgeAuth(boxes, cloud);
    await boxes.register(edgeRoutes(cloud));
    await boxes.register(journalRoutes(cloud));
    await boxes.register(reversalRoutes(cloud));
  });
  await app.register(async boxes => {
    edgeAuth(boxes, cloud, 'admit');
    await boxes.register(
      sendJournalRoute(
        cloud,
        ({ tenantId, event }) => releaseHeld(cloud, tenantId, event),
        entryCounts(registry),
      ),
    );
  });
  return app;
}

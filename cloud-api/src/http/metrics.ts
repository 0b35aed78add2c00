/** Prometheus figures: the process's own, and each route's time by status. One registry per app: tests run many. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { tokenCheck } from './admin-auth.ts';

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/** @param metricsToken without one, only this machine may read them */
export function serveMetrics(app: FastifyInstance, metricsToken: string | undefined): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'pulsera_http_request_seconds',
    help: 'Time to answer, by route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  app.addHook('onResponse', async (request, reply) => {
    // The route's pattern, not its URL: a label per event would grow without end.
    const route = request.routeOptions.url ?? 'unknown';
    duration.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
  });

  const hasToken = metricsToken === undefined ? () => false : tokenCheck(metricsToken);
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    // A proxy on this machine looks like the machine itself, but says for whom it asks.
    const local =
      LOOPBACK.has(request.socket.remoteAddress ?? '') && request.headers['x-forwarded-for'] === undefined;
    if (!local && !hasToken(request.headers.authorization)) {
      throw new Fault(
        'metrics-forbidden',
        'Read the metrics on the machine itself, or with the metrics token.',
      );
    }
    return reply
      .type(registry.contentType)
      .serializer(String)
      .send(await registry.metrics());
  });
  return registry;
}

/** Ready to serve, or not: a balancer asks here. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Pool } from 'pg';
import { z } from 'zod';

const Health = z.strictObject({
  status: z.enum(['ok', 'unavailable']),
  database: z.enum(['ok', 'unavailable']),
});

export const healthRoute =
  (pool: Pool): FastifyPluginAsyncZod =>
  async app => {
    app.get(
      '/health',
      {
        config: { rateLimit: false },
        schema: { operationId: 'health', tags: ['health'], response: { 200: Health, 503: Health } },
      },
      async (_request, reply) => {
        const up = await pool.query('SELECT 1').then(
          () => true,
          () => false,
        );
        const word = up ? 'ok' : 'unavailable';
        return reply.status(up ? 200 : 503).send({ status: word, database: word });
      },
    );
  };

import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Cloud } from '../context.ts';
import { EVENT_URL, EventPath } from '../http/path.ts';
import { adminRoute } from '../http/route.ts';
import { bytesAnswer, sendBytes } from '../http/send-bytes.ts';
import { exportEvent } from './export.ts';

export const exportRoutes =
  (cloud: Cloud): FastifyPluginAsyncZod =>
  async app => {
    app.get(
      `${EVENT_URL}/export`,
      {
        schema: {
          ...adminRoute('exportEvent', 'events', {
            200: bytesAnswer('application/gzip', 'A gzipped CBOR sequence: docs/wire.md'),
          }),
          params: EventPath,
        },
      },
      async ({ params: { tenantId, eventId } }, reply) => {
        const items = exportEvent(cloud, tenantId, eventId);
        // The first item is asked for here, so that an unknown event is an answer and not a broken download.
        const first = await items.next();
        const whole = Readable.from(
          (async function* () {
            if (!first.done) yield first.value;
            yield* items;
          })(),
          { objectMode: false },
        );
        const packed = createGzip();
        whole.on('error', error => packed.destroy(error));
        // Whoever stops downloading ends the transaction too.
        packed.on('close', () => whole.destroy());
        reply.header('content-disposition', `attachment; filename="pulsera-event-${eventId}.cbor.gz"`);
        return sendBytes(reply, 'application/gzip', whole.pipe(packed));
      },
    );
  };

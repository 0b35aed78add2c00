import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';

/** What a route answers that isn't JSON, for openapi.json. */
export const bytesAnswer = (type: string, description: string) => ({
  description,
  content: { [type]: { schema: z.any().meta({ type: 'string', format: 'binary' }) } },
});

/** Sends what no schema describes. The reply's type knows only the schema's answers, so it is left aside here. */
export function sendBytes(reply: object, type: string, bytes: Uint8Array | Readable): FastifyReply {
  const body =
    bytes instanceof Uint8Array ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : bytes;
  return (reply as FastifyReply).type(type).send(body);
}

/** What boxes send and fetch of journals. */
import { toHex } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { Seq } from '@pulsera/firmware-protocol/ids';
import type { FastifyBaseLogger } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Cloud } from '../context.ts';
import { edgeOf } from '../edges/edge-auth.ts';
import { edgeRoute } from '../http/route.ts';
import { bytesAnswer, sendBytes } from '../http/send-bytes.ts';
import { cloudBatch } from './cloud-batch.ts';
import type { CountEntries } from './counts.ts';
import { HINTS, type HintOptions, startHints } from './hints.ts';
import { ingest, type Sender } from './ingest.ts';
import { acceptBatches, unpack } from './receive.ts';
import { keptVerifiers } from './verifiers.ts';

const Accepted = z.strictObject({
  /** COSE_Sign1, base64. */
  checkpoint: z.base64(),
  nextSeq: z.int().min(1),
});
const Epochs = z.strictObject({
  epochs: z.array(
    z.strictObject({
      epoch: z.int(),
      seq: z.int(),
      hash: z.string(),
      state: z.enum(['open', 'forked']),
      checkpoint: z.base64().nullable(),
    }),
  ),
});
const Hint = z.strictObject({ cloudSeq: z.int().min(0) });
const seq = z
  .string()
  .regex(/^(0|[1-9]\d{0,15})$/, 'a sequence number')
  .transform(Number)
  .pipe(Seq);
const limit = z
  .string()
  .regex(/^[1-9]\d{0,3}$/, '1 to 4096')
  .transform(Number)
  .pipe(z.int().max(4096));

/**
 * To be registered in a scope with `edgeAuth` that admits revoked boxes.
 * @param obeys called before the answer to a batch that says how far its box obeys the cloud's journal, also one that is sent again
 * @param count told of each batch that was taken
 */
export const sendJournalRoute =
  (cloud: Cloud, obeys: (sender: Sender) => Promise<void>, count: CountEntries): FastifyPluginAsyncZod =>
  async app => {
    const verifierFor = keptVerifiers();
    acceptBatches(app);
    app.post(
      '/v1/edge/journal',
      {
        schema: { ...edgeRoute('sendJournal', 'journal', { 200: Accepted }), consumes: ['application/cbor'] },
      },
      async request => {
        const { tenantId, eventId, boxId, ed25519PublicKey } = edgeOf(request);
        const bytes = await unpack(request.body, request.headers['content-encoding']);
        const sender = { tenantId, event: eventId, box: boxId, verify: verifierFor(ed25519PublicKey) };
        const { checkpoint, nextSeq, entries, known, hasCursor } = await ingest(cloud, sender, bytes);
        count(entries - known, known);
        if (hasCursor) await obeys(sender).catch(error => laterIfOurs(error, request.log));
        return { checkpoint: Buffer.from(checkpoint).toString('base64'), nextSeq };
      },
    );
  };

/** Out of reach of the database, the box sends the batch again, and so asks again. For anything else it must not be held up. */
function laterIfOurs(error: unknown, log: FastifyBaseLogger): void {
  if (error instanceof Fault && error.code === 'database-unavailable') throw error;
  log.error({ err: error }, 'What a cursor lets go waits for the next one');
}

/** To be registered in a scope with `edgeAuth`. */
export const journalRoutes =
  (cloud: Cloud, hintOptions: HintOptions = HINTS): FastifyPluginAsyncZod =>
  async app => {
    const hints = startHints(cloud.pool, hintOptions);
    app.addHook('preClose', async () => hints.close());

    app.get(
      '/v1/edge/journal',
      { schema: edgeRoute('readJournalHeads', 'journal', { 200: Epochs }) },
      async request => {
        const { tenantId, eventId, boxId } = edgeOf(request);
        const heads = await cloud.store.within(tenantId, eventId, ({ journals }) => journals.heads(boxId));
        const epochs = heads.map(({ epoch, seq, hash, state, checkpoint }) => ({
          epoch,
          seq,
          hash: toHex(hash),
          state,
          checkpoint: checkpoint && Buffer.from(checkpoint).toString('base64'),
        }));
        return { epochs };
      },
    );
    app.get(
      '/v1/edge/cloud-journal',
      {
        schema: {
          ...edgeRoute('fetchCloudJournal', 'journal', {
            200: bytesAnswer('application/cbor', 'A sync batch of box 0: docs/wire.md'),
            204: z.null(),
          }),
          querystring: z.strictObject({ after: seq.default(0 as Seq), limit: limit.default(1000) }),
        },
      },
      async (request, reply) => {
        const { tenantId, eventId } = edgeOf(request);
        const { after, limit } = request.query;
        const batch = await cloud.store.within(tenantId, eventId, ledger =>
          cloudBatch(cloud, ledger, after, limit),
        );
        if (!batch) return reply.status(204).send(null);
        return sendBytes(reply, 'application/cbor', batch);
      },
    );
    app.get(
      '/v1/edge/hints',
      {
        schema: {
          ...edgeRoute('awaitHint', 'journal', { 200: Hint }),
          querystring: z.strictObject({ after: seq.default(0 as Seq) }),
        },
      },
      async (request, reply) => {
        const { tenantId, eventId } = edgeOf(request);
        const gone = new AbortController();
        reply.raw.on('close', () => gone.abort());
        return { cloudSeq: await hints.wait(tenantId, eventId, request.query.after, gone.signal) };
      },
    );
  };

/** The link to the cloud over HTTPS: its routes, each with its deadline, in a session that renews itself. */
import { promisify } from 'node:util';
import { type InputType, zstdCompress } from 'node:zlib';
import { fromHex } from '@pulsera/firmware-protocol/bytes';
import { faultCode } from '@pulsera/firmware-protocol/fault';
import { Epoch, Seq } from '@pulsera/firmware-protocol/ids';
import { KeySetsAnswer, PlanAnswer, type Sealed } from '@pulsera/firmware-protocol/wire/enrolment';
import { ReversalAnswer } from '@pulsera/firmware-protocol/wire/reversal';
import { z } from 'zod';
import { type CloudAnswer, type CloudRequest, readAnswer } from './cloud-http.ts';
import type { CloudLink } from './cloud-link.ts';
import { Session, type SessionOptions } from './session.ts';

const compress = promisify<InputType, Buffer>(zstdCompress);

const base64 = z.base64().transform(text => new Uint8Array(Buffer.from(text, 'base64')));
const SendJournalAnswer = z.strictObject({ checkpoint: base64, nextSeq: Seq.min(1) });
const HeldEpochs = z.strictObject({
  epochs: z.array(
    z.strictObject({
      epoch: Epoch,
      seq: Seq,
      hash: z.string(),
      state: z.enum(['open', 'forked']),
      checkpoint: base64.nullable(),
    }),
  ),
});
const Hint = z.strictObject({ cloudSeq: Seq });

const DEADLINE_MS = {
  /** A small question. */
  ask: 8_000,
  /** 256 KB over a poor line. */
  transfer: 20_000,
  /** The cloud holds the question for 25 s. */
  hint: 32_000,
} as const;

/** The token is of no use any more; a new one is. */
const STALE: ReadonlySet<string> = new Set(['session-expired', 'session-missing', 'session-refused']);

export interface HttpsLink extends CloudLink {
  /** The event's key sets, sealed to this box. */
  keySets(signal: AbortSignal): Promise<Sealed>;
}

export function httpsLink(options: Omit<SessionOptions, 'deadlineMs'>): HttpsLink {
  const session = new Session({ ...options, deadlineMs: DEADLINE_MS.ask });

  async function send(request: Omit<CloudRequest, 'token'>): Promise<CloudAnswer> {
    for (let isFirst = true; ; isFirst = false) {
      const token = await session.token(request.signal);
      try {
        return await options.http.send({ ...request, token });
      } catch (error) {
        if (!STALE.has(faultCode(error))) throw error;
        session.forget(token);
        if (!isFirst) throw error;
      }
    }
  }
  const get = (path: string, signal: AbortSignal, deadlineMs: number = DEADLINE_MS.ask) =>
    send({
      method: 'GET',
      path,
      deadlineMs,
      // A long answer may take its time; that none begins says that nobody is there.
      silenceMs: deadlineMs === DEADLINE_MS.hint ? deadlineMs : DEADLINE_MS.ask,
      signal,
    });

  return {
    async sendBatch(batch, signal) {
      const bytes = await compress(batch);
      const answer = await send({
        method: 'POST',
        path: '/v1/edge/journal',
        body: { bytes, type: 'application/cbor', encoding: 'zstd' },
        deadlineMs: DEADLINE_MS.transfer,
        signal,
      });
      return readAnswer(SendJournalAnswer, answer);
    },
    async heldEpochs(signal) {
      const { epochs } = readAnswer(HeldEpochs, await get('/v1/edge/journal', signal));
      return epochs.map(({ epoch, seq, checkpoint }) => ({
        epoch,
        seq,
        checkpoint: checkpoint ?? undefined,
      }));
    },
    async cloudJournal(after, limit, signal) {
      const path = `/v1/edge/cloud-journal?after=${after}&limit=${limit}`;
      const { status, bytes } = await get(path, signal, DEADLINE_MS.transfer);
      return status === 204 ? undefined : bytes;
    },
    async awaitHint(after, signal) {
      return readAnswer(Hint, await get(`/v1/edge/hints?after=${after}`, signal, DEADLINE_MS.hint)).cloudSeq;
    },
    async askForReversal(question, signal) {
      const answer = await send({
        method: 'POST',
        path: '/v1/edge/reversals',
        json: question,
        deadlineMs: DEADLINE_MS.ask,
        signal,
      });
      return readAnswer(ReversalAnswer, answer);
    },
    async plan(after, signal) {
      const answer = await get(`/v1/edge/plan?after=${after}`, signal, DEADLINE_MS.transfer);
      const { signedPlan } = readAnswer(PlanAnswer, answer);
      return signedPlan === null ? undefined : fromHex(signedPlan);
    },
    async keySets(signal) {
      return readAnswer(KeySetsAnswer, await get('/v1/edge/key-sets', signal)).keySets;
    },
  };
}

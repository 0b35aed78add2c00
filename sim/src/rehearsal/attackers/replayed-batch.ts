/**
 * Somebody on the line between a box and the cloud has kept a batch, and sends it to the cloud later: as it was, in another box's session, or
 * changed. The answer is the thief's; the box hears nothing of it.
 */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { BoxId } from '@pulsera/firmware-protocol/ids';
import { entryHash } from '@pulsera/firmware-protocol/journal/chain';
import { signHead } from '@pulsera/firmware-protocol/journal/head';
import { seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import { decodeBatch, encodeBatch, type SyncBatch } from '@pulsera/firmware-protocol/wire/batch';
import { anyOf, between } from '../chance.ts';
import { signingKey } from '../signing-key.ts';
import { type Site, sha256 } from '../site.ts';
import type { Kind } from '../trouble/strike.ts';

interface ReplayedBatch {
  /** Of the site's, from 0: whose batch it is, the next one that it sends. */
  readonly box: number;
  readonly how: Replay;
  readonly afterMs: number;
  /** Which byte of which entry, or of the signed part of the head, is changed. */
  readonly place: Place;
}
interface Place {
  readonly entry: number;
  readonly at: number;
  readonly xor: number;
}
interface Sent {
  readonly session: BoxId;
  readonly batch: SyncBatch;
}

const HOWS = {
  'as-it-was': sent => sent,
  'in-another-session': (sent, other) => ({ ...sent, session: other }),
  'under-another-name': ({ batch }, other) => ({ session: other, batch: { ...batch, box: other } }),
  'changed-entry': ({ session, batch }, _, place) => ({ session, batch: changed(batch, place) }),
  'changed-head': ({ session, batch }, _, { at, xor }) => ({
    session,
    batch: { ...batch, head: flipped(batch.head, batch.head.length - 1 - (at % SIGNED_BYTES), xor) },
  }),
  'signed-anew': ({ session, batch }, _, place) => ({
    session,
    batch: signedAnew(changed(batch, place), place),
  }),
} as const satisfies Record<string, (sent: Sent, other: BoxId, place: Place) => Sent>;

export type Replay = keyof typeof HOWS;

/** At the end of a head: the signature, and of what it signs the hash and the time. The key id before them is nobody's word. */
const SIGNED_BYTES = 100;
const KEEPS_MS = [0, 120_000] as const;

export const replayedBatch: Kind<ReplayedBatch> = {
  draw: (random, setting) => ({
    box: random.below(setting.boxes),
    how: anyOf(random, Object.keys(HOWS) as Replay[]),
    afterMs: between(random, KEEPS_MS),
    place: { entry: random.u32(), at: random.u32(), xor: 1 + random.below(0xff) },
  }),
  play(site, { box: index, how, afterMs, place }, evening) {
    const { boxes, time } = site;
    const [box, other] = [boxes[index], boxes[(index + 1) % boxes.length]];
    if (box === undefined || other === undefined) throw new RangeError(`This site has no box ${index}.`);
    const leave = box.wire.overhear(
      evening.while(bytes => {
        leave();
        const kept = { session: box.number, batch: decodeBatch(bytes) };
        const forged = HOWS[how](kept, other.number, place);
        evening.after(afterMs, () => time.beside(send(site, forged, how)));
      }),
    );
  },
};

async function send({ cloud, witness }: Site, { session, batch }: Sent, how: Replay): Promise<void> {
  const answer = await cloud
    .serve(session)
    .sendBatch(encodeBatch(batch))
    .then(() => null, codeOf);
  witness.tell({ kind: 'replayed', session, how, answer });
}

function codeOf(error: unknown): string {
  if (error instanceof Fault) return error.code;
  throw error;
}

function changed(batch: SyncBatch, { entry, at, xor }: Place): SyncBatch {
  const index = entry % batch.contents.length;
  const contents = batch.contents.map((content, i) => (i === index ? flipped(content, at, xor) : content));
  return { ...batch, contents };
}

function flipped(bytes: Uint8Array, at: number, xor: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ xor;
  return copy;
}

/** Chained as it should be, under a head signed by a key of the thief's own. */
function signedAnew(batch: SyncBatch, { at }: Place): SyncBatch {
  const { event, box, epoch, fromSeq, contents } = batch;
  const hash = contents.reduce((before, content) => entryHash(before, content, sha256), batch.before);
  const seq = (fromSeq + contents.length - 1) as typeof fromSeq;
  const { sign } = signingKey(seededRandom(at));
  return { ...batch, head: signHead('pulsera/head', { event, box, epoch, seq, hash, wallMs: 0 }, sign) };
}

/** A journal on a real disk for the benches, with real keys and the machine's clock. */
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { join } from 'node:path';
import { sha256 } from '@pulsera/edge-node/credentials';
import { eventLoop } from '@pulsera/edge-node/event-loop';
import { filePlace } from '@pulsera/edge-node/journal/file-place';
import { type Journal, type JournalLimits, openJournal } from '@pulsera/edge-node/journal/journal';
import type { BoxId, Epoch, EventId } from '@pulsera/firmware-protocol/ids';

const keys = generateKeyPairSync('ed25519');

export const BENCH_EVENT = 1 as EventId;
export const BENCH_BOX = 1 as BoxId;

export function benchJournal(folder: string, limits: Partial<JournalLimits> = {}): Journal {
  return openJournal({
    place: filePlace(join(folder, 'journal.sqlite')),
    event: BENCH_EVENT,
    box: BENCH_BOX,
    epoch: 1 as Epoch,
    sign: message => sign(null, message, keys.privateKey),
    verify: (signature, message) => verify(null, message, keys.publicKey, signature),
    sha256,
    soon: eventLoop.soon,
    clock: { wallMs: () => Date.now(), monoMs: () => performance.now() },
    limits,
  });
}

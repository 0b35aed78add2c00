/** PC/SC readers that stand on a table, and wristbands in a person's hand: which readers there are, and blanks made wristbands of the demo. */
import { DRIVER_CURE } from '@pulsera/edge-node/cli/doctor/readers';
import { Encoder, type Station } from '@pulsera/edge-node/cli/encode';
import { PcscStation } from '@pulsera/edge-node/device/pcsc/station';
import { eventLoop } from '@pulsera/edge-node/event-loop';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { ChipUid } from '@pulsera/firmware-protocol/ids';
import type { EncodingOutcome } from '@pulsera/firmware-protocol/wire/encoding';
import { DEADLINES_MS } from '@pulsera/firmware-protocol/wire/till';
import type { Wristband } from '@pulsera/firmware-protocol/wristband';
import { sleep } from './visit.ts';

const LOOK_MS = 8_000;
/** pcscd names readers one by one. */
const SETTLE_MS = 2_000;
const STEP_MS = 50;

/** @returns what pcscd calls its readers. @throws Fault `pcsc-missing`, `pcsc-reader-missing` */
export async function findReaders(): Promise<readonly string[]> {
  const pcsc = openStation();
  pcsc.start();
  try {
    for (let waitedMs = 0, settledMs = 0; waitedMs < LOOK_MS && settledMs < SETTLE_MS; waitedMs += STEP_MS) {
      await sleep(STEP_MS);
      const { kind } = pcsc.state();
      if (kind === 'driver-missing') {
        throw new Fault(
          'pcsc-missing',
          `Taps through pcscd need nfc-pcsc built for this Node: ${DRIVER_CURE}`,
        );
      }
      if (kind === 'up') settledMs += STEP_MS;
    }
    const state = pcsc.state();
    if (state.kind === 'up' && state.readers.length > 0) return state.readers.toSorted();
  } finally {
    await pcsc.close();
  }
  throw new Fault(
    'pcsc-reader-missing',
    'pcscd runs, and sees no reader: plug one in; or stop pcscd (systemctl stop pcscd.socket pcscd), and the demo plays readers of its own.',
  );
}

/** Resolves when that many blanks are done, at whichever of the readers they were held to; it waits for them for as long as it takes. */
export async function makeWristbands(
  names: readonly string[],
  count: number,
  keys: Omit<Station, 'begun'>,
  say: (text: string) => void,
): Promise<readonly Wristband[]> {
  const pcsc = openStation();
  // Whoever holds them writes nothing down: what is torn is held there again while this lasts, or is lost.
  const encoder = new Encoder({ ...keys, begun: async () => undefined });
  const done = new Map<ChipUid, Wristband>();
  const ask = () => say(`hold a blank wristband to ${names.join(' or ')}: ${count - done.size} to go`);
  try {
    return await new Promise<readonly Wristband[]>((resolve, reject) => {
      let turn = Promise.resolve();
      for (const reader of names.map(name => pcsc.claim(name))) {
        reader.onSignal(({ kind }) => {
          const chip = reader.chip();
          if (kind !== 'present' || chip === undefined) return;
          turn = turn.then(async () => {
            if (done.size >= count) return;
            const outcome = await encoder.encode(reader, chip);
            if ('wristband' in outcome) done.set(outcome.wristband.uid, outcome.wristband);
            say(`${chip.uid}: ${WORDS[outcome.kind]}`);
            if (done.size >= count) resolve([...done.values()]);
            else ask();
          });
          turn.catch(reject);
        });
      }
      ask();
      pcsc.start();
    });
  } finally {
    await pcsc.close();
  }
}

const WORDS: Readonly<Record<EncodingOutcome['kind'], string>> = {
  made: 'made',
  'already-ours': 'is made already',
  'in-use': 'is in use already',
  damaged: 'holds something damaged: take another',
  foreign: 'belongs to another event or maker: take another',
  'wrong-chip': 'is no NTAG213, NTAG215 or NTAG216: take another',
  locked: 'is locked for good: take another',
  torn: 'was taken away too soon: hold it there again',
  unreadable: 'could not be read: hold it there again',
  removed: 'was taken away too soon: hold it there again',
  'reader-down': 'the reader is gone: plug it in again',
};

function openStation(): PcscStation {
  return new PcscStation({
    log: { info: () => undefined, warn: () => undefined },
    timers: eventLoop,
    scriptDeadlineMs: DEADLINES_MS.readerScript,
    random: Math.random,
  });
}

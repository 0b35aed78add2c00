/**
 * `--readers pcsc`: taps through pcscd. Where one runs already, its readers are a bar's, and a person taps wristbands there. Where none
 * does, one of the demo's own is started with virtual PC/SC readers, and the programme's guests tap at two tills of box 1.
 */
import { isPcscdRunning, missingForPcsc, PrivatePcscd } from '@pulsera/edge-node/device/virtual/pcscd';
import { VpcdField } from '@pulsera/edge-node/device/virtual/vpcd-field';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { findReaders } from './hand-readers.ts';
import { type Field, sleep } from './visit.ts';

/** pcscd looks at its readers this often; a wristband that comes back sooner passes for the one that left. */
const POLL_MS = 450;
/** What pcscd calls the two slots of the first virtual driver. */
const NAMES = ['Virtual PCD 0 00 00', 'Virtual PCD 0 00 01'] as const;

export interface PcscReaders {
  /** The demo's own, by their names in pcscd, each with the field in front of it. */
  readonly played: readonly { readonly match: string; readonly field: Field }[];
  /** A person's: their names in pcscd. */
  readonly held: readonly string[];
  close(): Promise<void>;
}

/**
 * @param mayWrite whether wristbands that are held there may be written to
 * @throws Fault `pcsc-missing` naming what to install; `pcsc-reader-missing`; `wristbands-unconfirmed`
 */
export async function openPcsc(mayWrite: boolean): Promise<PcscReaders> {
  if (await isPcscdRunning()) {
    const held = await findReaders();
    if (!mayWrite) throw unconfirmed(held);
    return { played: [], held, close: async () => undefined };
  }
  if (mayWrite) {
    throw new Fault(
      'pcsc-reader-missing',
      'Start pcscd (systemctl start pcscd) and plug a reader in: wristbands are to be made, and no reader is there.',
    );
  }
  return await playReaders();
}

function unconfirmed(readers: readonly string[]): Fault {
  return new Fault(
    'wristbands-unconfirmed',
    `Add --write-wristbands N to go on. The demo would ask for N blank NTAG213, NTAG215 or NTAG216 at ${readers.join(' or ')}, and write to them for good: afterwards they open with a password that goes with the demo's data, and serve for nothing else.`,
  );
}

async function playReaders(): Promise<PcscReaders> {
  const missing = missingForPcsc();
  if (missing !== undefined) {
    throw new Fault('pcsc-missing', `Taps through pcscd need ${missing}; then bash scripts/rebuild-pcsc.sh.`);
  }
  const pcscd = new PrivatePcscd(NAMES.length);
  await pcscd.start();
  const played = NAMES.map((match, slot) => ({
    match,
    field: fieldAt(new VpcdField(pcscd.ports[slot] ?? 0)),
  }));
  return { played, held: [], close: () => pcscd.close() };
}

function fieldAt(vpcd: VpcdField): Field {
  return {
    present: chip => vpcd.present(chip),
    async remove() {
      await vpcd.remove();
      await sleep(POLL_MS);
    },
    arm(fault) {
      // The other faults are the virtual reader's; a card behind vpcd can be pulled away, and that is all.
      if (fault.kind === 'tear') vpcd.tearAt(fault.atWrite, fault);
    },
    disarm: () => undefined,
  };
}

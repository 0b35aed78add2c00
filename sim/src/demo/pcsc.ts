/** `--readers pcsc`: two tills of box 1 read through nfc-pcsc, a pcscd of the demo's own, and virtual PC/SC readers behind it. */
import { missingForPcsc, PrivatePcscd } from '@pulsera/edge-node/device/virtual/pcscd';
import { VpcdField } from '@pulsera/edge-node/device/virtual/vpcd-field';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { type Field, sleep } from './visit.ts';

/** pcscd looks at its readers this often; a wristband that comes back sooner passes for the one that left. */
const POLL_MS = 450;
/** What pcscd calls the two slots of the first virtual driver. */
const NAMES = ['Virtual PCD 0 00 00', 'Virtual PCD 0 00 01'] as const;

export interface PcscReaders {
  /** Reader names in pcscd, each with the field in front of it. */
  readonly readers: readonly { readonly match: string; readonly field: Field }[];
  close(): Promise<void>;
}

/** @throws Fault `pcsc-missing` naming what to install */
export async function openPcsc(): Promise<PcscReaders> {
  const missing = missingForPcsc();
  if (missing !== undefined) {
    throw new Fault('pcsc-missing', `Taps through pcscd need ${missing}; then bash scripts/rebuild-pcsc.sh.`);
  }
  const pcscd = new PrivatePcscd(NAMES.length);
  await pcscd.start();
  const readers = NAMES.map((match, slot) => ({
    match,
    field: fieldAt(new VpcdField(pcscd.ports[slot] ?? 0)),
  }));
  return { readers, close: () => pcscd.close() };
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

/**
 * Virtual wristbands as a file: one JSON object a line, everything that lies on the chip. Whoever reads it holds the chip in hand, its
 * password included, as with a real one that is open on the bench; so only its owner may.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { fromHex, toHex } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { ChipUid } from '@pulsera/firmware-protocol/ids';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { z } from 'zod';

const Image = z.strictObject({
  uid: ChipUid,
  model: z.enum(['ntag213', 'ntag215', 'ntag216']),
  /** Every page from 0 on, PWD and PACK in clear. */
  memory: z.string().regex(/^(?:[0-9a-f]{8})+$/),
  nfcCounter: z.int().min(0),
  failedPasswords: z.int().min(0),
});

export function saveVirtualChip(file: string, chip: VirtualChip): void {
  const { memory, ...rest } = chip.image();
  const image = Image.parse({ uid: chip.uid, model: chip.layout.model, memory: toHex(memory), ...rest });
  appendFileSync(file, `${JSON.stringify(image)}\n`, { mode: 0o600, flush: true });
}

/** A chip saved twice is as it was saved last. @throws Fault `virtual-chips-damaged` naming the line */
export function loadVirtualChips(file: string): VirtualChip[] {
  const chips = new Map<ChipUid, VirtualChip>();
  const lines = readFileSync(file, 'utf8').split('\n');
  for (const [i, line] of lines.entries()) {
    // A cut leaves the last line short; that chip was never reported either.
    if (line === '' || i === lines.length - 1) continue;
    try {
      const { uid, model, memory, nfcCounter, failedPasswords } = Image.parse(JSON.parse(line));
      const chip = new VirtualChip(uid, model);
      chip.restore({ memory: fromHex(memory), nfcCounter, failedPasswords });
      chips.set(uid, chip);
    } catch (cause) {
      throw new Fault(
        'virtual-chips-damaged',
        `Make the virtual wristbands anew: line ${i + 1} of ${file} is none.`,
        {
          cause,
          detail: { line: i + 1 },
        },
      );
    }
  }
  return [...chips.values()];
}

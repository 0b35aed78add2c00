/** One visit to a till: the request goes out, the wristband is held to the reader when the screen asks for it, the answer comes back. */
import type { TapId } from '@pulsera/firmware-protocol/ids';
import type { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import type { VirtualFault } from '@pulsera/firmware-protocol/virtual/faults';
import type { TapLeaf, TapResult, TillRequest } from '@pulsera/firmware-protocol/wire/till';
import type { z } from 'zod';
import type { DemoTill } from './till.ts';

/** Where wristbands are held to: the virtual reader, or a PC/SC reader with a virtual chip behind it. */
export interface Field {
  present(chip: VirtualChip): Promise<void>;
  remove(chip: VirtualChip): Promise<void>;
  arm(fault: VirtualFault): void;
  disarm(): void;
}

/** How a guest behaves when the tap is interrupted: holds the wristband out again, or walks away. */
export interface Manner {
  readonly fault?: VirtualFault;
  readonly walksAway?: boolean;
}

export interface Visit {
  readonly result: TapResult;
  /** Milliseconds from field-on to the answer, where nothing came in between. */
  readonly tapMs: number | undefined;
}

const REACTION_MS = 40;

export async function visit<L extends TapLeaf>(
  { till, field, nowMs }: { till: DemoTill; field: Field; nowMs: () => number },
  chip: VirtualChip,
  leaf: L,
  request: z.input<(typeof TillRequest)[L]>,
  manner: Manner = {},
): Promise<Visit> {
  const { tapId } = request as { tapId: TapId };
  let presentations = 0;
  let startedMs = 0;
  let moves = Promise.resolve();
  const then = (move: () => Promise<void>) => {
    moves = moves.then(move);
  };

  till.onPrompt(({ tapId: asked, ask }) => {
    if (asked !== tapId) return;
    if (ask === 'tap-again' || (ask === 'present-wristband' && presentations > 0)) {
      then(async () => {
        await field.remove(chip);
        field.disarm();
        if (manner.walksAway) return till.tell('cancel', { tapId });
        presentations++;
        await sleep(REACTION_MS);
        await field.present(chip);
      });
    } else if (ask === 'present-wristband') {
      presentations++;
      then(async () => {
        if (manner.fault) field.arm(manner.fault);
        startedMs = nowMs();
        await field.present(chip);
      });
    } else if (ask === 'remove-wristband') {
      then(() => field.remove(chip));
    }
  });
  const answer = await till.ask(leaf, request);
  const endedMs = nowMs();
  await moves;
  await field.remove(chip);
  field.disarm();
  if (!('tapId' in answer)) throw new TypeError('a tap was answered as something else');
  const undisturbed = presentations === 1 && manner.fault === undefined && answer.outcome === 'approved';
  return { result: answer, tapMs: undisturbed ? endedMs - startedMs : undefined };
}

export function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}

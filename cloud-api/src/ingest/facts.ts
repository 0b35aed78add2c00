/** What entries say of chips: the facts that `settle` takes. */
import { toHex } from '@pulsera/firmware-protocol/bytes';
import { type BoxId, CLOUD_BOX, type TapRef } from '@pulsera/firmware-protocol/ids';
import type { Entry, TapBody } from '@pulsera/firmware-protocol/journal/entry';
import type { Fact } from '@pulsera/firmware-protocol/purse/graph';

/** The image a tap started from, as hex; null when the chip was blank. */
export function beforeOf({ from, slot0, slot1 }: TapBody): string | null {
  if (from === null) return null;
  return toHex(from === 0 ? slot0 : slot1);
}

/**
 * Undefined for an entry that says nothing of a chip's images. A settlement by graph is a conclusion from facts, not one
 * itself; and a box knows of its own taps only.
 */
export function factOf(entry: Entry, ref: TapRef): Fact | undefined {
  switch (entry.kind) {
    case 'tap':
      return { kind: 'write', ref, before: beforeOf(entry.body), after: toHex(entry.body.after) };
    case 'settlement': {
      const { of, outcome, evidence } = entry.body;
      return evidence === 'graph' || !maySettle(ref.box, of) ? undefined : { kind: 'told', ref: of, outcome };
    }
    case 'issued':
      return ref.box === CLOUD_BOX ? { kind: 'issued', root: toHex(entry.body.root) } : undefined;
    default:
      return undefined;
  }
}

/** The cloud speaks for everybody at the close; each box for itself, over all its epochs. */
export const maySettle = (by: BoxId, of: TapRef): boolean => by === CLOUD_BOX || by === of.box;

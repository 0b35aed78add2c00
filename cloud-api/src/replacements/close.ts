/**
 * The end of a replaced wristband's open taps. Once every box obeys the block nobody looks at it any more, so nothing will
 * ever show whether they happened: the cloud decides for the guest. Pure.
 */
import type { TapRef } from '@pulsera/firmware-protocol/ids';
import type { Body, TapBody } from '@pulsera/firmware-protocol/journal/entry';
import type { ChipGraph } from '@pulsera/firmware-protocol/purse/graph';

export interface Closing {
  readonly kind: 'settlement';
  readonly body: Body<'settlement'>;
}

/**
 * Each is dropped: without a green screen no goods and no cash went over the bar. Cash taken to be loaded did, so that a
 * top-up counts as abandoned too, and is given back out of suspense. So the wristband ends at an image that was seen.
 */
export function closeOpenTaps(graph: ChipGraph, tapAt: (ref: TapRef) => TapBody): Closing[] {
  const open = graph.writes.filter(({ status }) => status === 'pending');
  return open.flatMap(({ ref, abandoned }) => {
    const { tap, uid, effects } = tapAt(ref);
    const told = (outcome: 'abandoned' | 'dropped'): Closing => ({
      kind: 'settlement',
      body: { of: ref, tap, uid, outcome, evidence: 'close' },
    });
    const hasCash = effects.some(({ kind }) => kind === 'cash-topup');
    return hasCash && !abandoned ? [told('abandoned'), told('dropped')] : [told('dropped')];
  });
}

import type { ChipUid, EventId, Generation, KeySetNumber, WalletId } from '@pulsera/firmware-protocol/ids';
import type { Purse } from '@pulsera/firmware-protocol/purse/purse';
import { expect, test } from 'vitest';
import { standing } from './standing.ts';

const chip = {
  uid: '04a1b2c3d4e5f6' as ChipUid,
  wallet: '0123456789abcdef' as WalletId,
  generation: 1 as Generation,
};

/** Counter, nonce, 8 bytes of money, MAC. */
function slotOf(counter: number, nonce: number, mac: number): Uint8Array {
  const slot = new Uint8Array(20).fill(mac, 12);
  slot.set([0, counter, 0, nonce]);
  return slot;
}

function purse(slot0: Uint8Array, slot1: Uint8Array, counter: number): Purse {
  const keySet = 1 as KeySetNumber;
  return {
    kind: 'purse',
    chip,
    immutable: { ...chip, keySet, ageClass: 0, event: 1 as EventId },
    slots: [slot0, slot1],
    slot: counter % 2 === 0 ? 0 : 1,
    current: { counter, nonce: 9, balanceMinor: 0, bonusMinor: 0, keySet, creditNumber: 0 },
    otherNonce: 0,
    isOtherWhole: true,
  };
}

const seen = { ...chip, image: slotOf(6, 40, 0xaa), counter: 6, last: undefined };
const known = { blocked: undefined, seen: seen as never };

test('an older slot whose torn last page has decayed since accuses nobody', () => {
  const decayed = slotOf(6, 40, 0xaa);
  decayed[19] = 0x13;
  expect(standing(purse(decayed, slotOf(7, 9, 0xbb), 7), known)).toBeUndefined();
});

test('an older slot that holds another image of the same counter is a fork', () => {
  const other = standing(purse(slotOf(6, 41, 0xcc), slotOf(7, 9, 0xbb), 7), known);
  expect(other).toMatchObject({ reason: 'image-forked' });
});

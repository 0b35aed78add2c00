import { toHex } from '@pulsera/firmware-protocol/bytes';
import { cmacKey } from '@pulsera/firmware-protocol/crypto/cmac';
import { chipPassword, chipPurseKey, type KeySet } from '@pulsera/firmware-protocol/crypto/keyset';
import type { KeySetNumber } from '@pulsera/firmware-protocol/ids';
import { describe, expect, it } from 'vitest';
import { EVENT, uidOf } from '../../test/journal-sample.ts';
import { ChipKeys } from './keys.ts';

const number = (n: number) => n as KeySetNumber;
const keySet = (n: number): KeySet => ({
  number: number(n),
  purse: new Uint8Array(16).fill(n),
  access: new Uint8Array(16).fill(n + 1),
  password: new Uint8Array(16).fill(n + 2),
});
const message = Uint8Array.of(1, 2, 3);
const macOf = (n: number, chip: number) =>
  toHex(cmacKey(chipPurseKey(keySet(n).purse, uidOf(chip), EVENT))(message));
const given = (keys: ChipKeys, n: number, chip: number) => {
  const mac = keys.of(uidOf(chip)).mac(number(n), message);
  return mac && toHex(mac);
};

describe('the keys of a chip', () => {
  it('are its own under each key set, whatever chips came before it and between', () => {
    const keys = new ChipKeys(EVENT, [keySet(1), keySet(2)]);
    for (const chip of [1, 2, 1]) {
      for (const n of [1, 2]) expect(given(keys, n, chip), `${n} ${chip}`).toBe(macOf(n, chip));
    }
  });

  it('are the same again once it was forgotten among many', () => {
    const keys = new ChipKeys(EVENT, [keySet(1)]);
    for (let chip = 1; chip <= 300; chip++) keys.of(uidOf(chip));
    expect(given(keys, 1, 1)).toBe(macOf(1, 1));
  });

  it('are none under a key set that is not held', () => {
    expect(given(new ChipKeys(EVENT, [keySet(1)]), 9, 1)).toBeUndefined();
  });

  it('open with passwords of the newest key set first', () => {
    const { passwords } = new ChipKeys(EVENT, [keySet(1), keySet(3), keySet(2)]).of(uidOf(1));
    expect(passwords).toEqual([3, 2, 1].map(n => chipPassword(keySet(n).password, uidOf(1))));
  });
});

describe('new images are sealed', () => {
  const keys = new ChipKeys(EVENT, [keySet(1), keySet(2), keySet(3)]);

  it('with the newest key set that is held and honoured, not with one that the plan does not honour yet', () => {
    expect(keys.sealing([1, 2].map(number))).toBe(2);
    expect(keys.sealing([9, 1].map(number))).toBe(1);
    expect(keys.sealing([3, 1].map(number))).toBe(3);
  });

  it('with none where none is both', () => {
    const missing = expect.objectContaining({ code: 'key-set-missing' });
    expect(() => keys.sealing([number(9)])).toThrow(missing);
    expect(() => new ChipKeys(EVENT, [])).toThrow(missing);
  });
});

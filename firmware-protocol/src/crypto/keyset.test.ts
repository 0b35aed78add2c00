import { describe, expect, it } from 'vitest';
import vectors from '../../vectors/an10922.json' with { type: 'json' };
import { fromHex, toHex } from '../bytes.ts';
import { EventId } from '../ids.ts';
import { diversify } from './an10922.ts';
import { chipAccessKey, chipPassword, chipPurseKey } from './keyset.ts';

const { ours } = vectors;
const event = EventId.parse(ours.event);
const master = fromHex(ours.purse.masterKey);

describe('the keys of one chip', () => {
  it('are those of the vectors', () => {
    expect(toHex(chipPurseKey(fromHex(ours.purse.masterKey), ours.uid, event))).toBe(ours.purse.chipKey);
    expect(toHex(chipAccessKey(fromHex(ours.access.masterKey), ours.uid, event))).toBe(ours.access.chipKey);
    const { pwd, pack } = chipPassword(fromHex(ours.password.masterKey), ours.uid);
    expect({ pwd: toHex(pwd), pack: toHex(pack) }).toEqual({
      pwd: ours.password.pwd,
      pack: ours.password.pack,
    });
  });

  it('come from the documented inputs', () => {
    for (const { masterKey, input, chipKey } of [ours.purse, ours.access]) {
      expect(toHex(diversify(fromHex(masterKey), fromHex(input)))).toBe(chipKey);
    }
    const derived = diversify(fromHex(ours.password.masterKey), fromHex(ours.password.input));
    expect(toHex(derived.slice(0, 6))).toBe(ours.password.pwd + ours.password.pack);
  });

  it('differ by use, by chip and by event, even under one master key', () => {
    const other = EventId.parse(43);
    const password = chipPassword(master, ours.uid);
    const keys = [
      toHex(chipPurseKey(master, ours.uid, event)),
      toHex(chipAccessKey(master, ours.uid, event)),
      toHex(chipPurseKey(master, ours.uid, other)),
      toHex(chipPurseKey(master, '04a1b2c3d4e5f7', event)),
    ].map(key => key.slice(0, 8));
    expect(new Set([...keys, toHex(password.pwd)]).size).toBe(5);
  });

  it.each(['', '04a1b2c3d4e5', '04A1B2C3D4E5F6', '04a1b2c3d4e5f6ff'])('refuse the UID "%s"', uid => {
    for (const derive of [
      () => chipPurseKey(master, uid, event),
      () => chipAccessKey(master, uid, event),
      () => chipPassword(master, uid),
    ]) {
      expect(derive).toThrow(expect.objectContaining({ code: 'chip-uid-invalid' }));
    }
  });
});

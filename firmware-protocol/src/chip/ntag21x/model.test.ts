import { describe, expect, it } from 'vitest';
import { fromHex } from '../../bytes.ts';
import { modelOf, NTAG21X } from './model.ts';

describe('the NTAG21x family', () => {
  it.each([
    ['ntag213', '0004040201000f03', 144, 0x28, 0x29, 0x2a, 0x2b, 0x2c],
    ['ntag215', '0004040201001103', 504, 0x82, 0x83, 0x84, 0x85, 0x86],
    ['ntag216', '0004040201001303', 888, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6],
  ] as const)(
    '%s has the memory map of the data sheet',
    (model, version, userBytes, lock, cfg0, cfg1, pwd, pack) => {
      const layout = NTAG21X[model];
      expect(modelOf(fromHex(version))).toBe(layout);
      expect((layout.lastUserPage - 3) * 4).toBe(userBytes);
      expect([
        layout.dynamicLockPage,
        layout.cfg0Page,
        layout.cfg1Page,
        layout.pwdPage,
        layout.packPage,
      ]).toEqual([lock, cfg0, cfg1, pwd, pack]);
    },
  );

  it.each([
    ['NTAG213F', '0004040401000f03'],
    ['MIFARE Ultralight EV1', '0004030101000b03'],
    ['NTAG I2C', '0004040502011303'],
    ['a short one', '0004040201000f'],
    ['nothing', ''],
  ])('%s is none of them', (_, version) => {
    expect(modelOf(fromHex(version))).toBeUndefined();
  });
});

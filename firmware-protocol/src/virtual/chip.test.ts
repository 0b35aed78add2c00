import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../bytes.ts';
import { NTAG21X, type Ntag21xModel } from '../chip/ntag21x/model.ts';
import { VirtualChip } from './chip.ts';

const UID = '04a1b2c3d4e5f6';
let chip: VirtualChip;

function woken(model: Ntag21xModel = 'ntag213'): VirtualChip {
  const fresh = new VirtualChip(UID, model);
  wake(fresh);
  return fresh;
}

function wake(sleeper: VirtualChip): void {
  sleeper.powerOff();
  sleeper.powerOn();
  sleeper.activate();
}

/** One frame and its answer, both as hex; `-` for silence. */
function ask(frame: string, asked = chip): string {
  const answer = asked.exchange(fromHex(frame));
  return answer === undefined ? '-' : toHex(answer);
}

/** A refusal puts the chip to sleep, so it is woken again. */
function refusal(frame: string): string {
  const answer = ask(frame);
  chip.activate();
  return answer;
}

function protect(access: string, auth0 = '04'): void {
  expect(ask('a22b11223344')).toBe('0a');
  expect(ask('a22c55660000')).toBe('0a');
  expect(ask(`a22a${access}050000`)).toBe('0a');
  expect(ask(`a229040000${auth0}`)).toBe('0a');
}

beforeEach(() => {
  chip = woken();
});

describe('a virtual NTAG21x from the factory', () => {
  it.each([
    ['ntag213', '0004040201000f03', 0x2c],
    ['ntag215', '0004040201001103', 0x86],
    ['ntag216', '0004040201001303', 0xe6],
  ] as const)('%s says its version and ends where the data sheet says', (model, version, lastPage) => {
    chip = woken(model);
    expect(ask('60')).toBe(version);
    const last = lastPage.toString(16);
    expect(ask(`3a${last}${last}`)).toBe('00000000');
    const beyond = (lastPage + 1).toString(16);
    expect(refusal(`3a${beyond}${beyond}`)).toBe('00');
    expect(ask(`a2${beyond}00000000`)).toBe('00');
  });

  it('holds UID, check bytes, open locks and the factory configuration', () => {
    expect(ask('3a0005')).toBe('04a1b29fc3d4e5f604480000e11012000103a00c340300fe');
    expect(ask('3a282c')).toBe('000000bd040000ff000500000000000000000000');
  });

  it('takes FFFFFFFF for its password and acknowledges it with 0000', () => {
    expect(ask('1bffffffff')).toBe('0000');
    expect(chip.state).toBe('authenticated');
  });
});

describe('reading', () => {
  it('gives four pages and rolls over to page 0 after the last', () => {
    const wrapped = ask('302b');
    expect(wrapped.slice(0, 16)).toBe('0000000000000000');
    expect(wrapped.slice(16)).toBe(ask('3a0001'));
  });

  it('refuses a start beyond the end and a range that runs backwards', () => {
    expect(refusal('302d')).toBe('00');
    expect(refusal('3a0504')).toBe('00');
    expect(refusal('3a042d')).toBe('00');
  });

  it('never shows PWD and PACK, not even to who knows them', () => {
    protect('80');
    ask('1b11223344');
    expect(ask('3a2b2c')).toBe('0000000000000000');
    expect(ask('302b').slice(0, 16)).toBe('0000000000000000');
  });
});

describe('writing', () => {
  it('puts four bytes into one page and leaves every other as it was', () => {
    const pages = fc.integer({ min: 4, max: 0x27 });
    fc.assert(
      fc.property(pages, fc.uint8Array({ minLength: 4, maxLength: 4 }), (page, data) => {
        chip = woken();
        const before = chip.image().memory;
        expect(chip.exchange(Uint8Array.of(0xa2, page, ...data))).toEqual(Uint8Array.of(0x0a));
        before.set(data, page * 4);
        expect(chip.image().memory).toEqual(before);
      }),
    );
  });

  it('never touches the UID pages', () => {
    expect(refusal('a20011223344')).toBe('00');
    expect(refusal('a20111223344')).toBe('00');
    ask('a202ffff0700');
    expect(ask('3a0002')).toBe('04a1b29fc3d4e5f604480700');
  });

  it('only sets bits in the capability container', () => {
    ask('a2030000000f');
    expect(ask('3a0303')).toBe('e110120f');
    ask('a20300000000');
    expect(ask('3a0303')).toBe('e110120f');
  });
});

describe('lock bits', () => {
  it('make the pages of the static lock bytes read-only for ever', () => {
    ask('a20200001000');
    expect(refusal('a20411223344')).toBe('00');
    expect(ask('a20511223344')).toBe('0a');
    ask('a20200000000');
    expect(refusal('a20411223344')).toBe('00');
  });

  it('lock the capability container by bit 3 and pages 8 to 15 by the second byte', () => {
    ask('a20200000881');
    expect(refusal('a20301010101')).toBe('00');
    expect(refusal('a20811223344')).toBe('00');
    expect(refusal('a20f11223344')).toBe('00');
    expect(ask('a20911223344')).toBe('0a');
  });

  it('cannot be set any more under a block-locking bit', () => {
    ask('a20200000700');
    ask('a2020000ffff');
    expect(ask('a20411223344')).toBe('0a');
    expect(ask('a20f11223344')).toBe('0a');
    expect(ask('a20300000001')).toBe('0a');
  });

  it('lock two pages each in the dynamic lock bytes of an NTAG213', () => {
    ask('a22802080000');
    expect(ask('a21111223344')).toBe('0a');
    expect(refusal('a21211223344')).toBe('00');
    expect(refusal('a21311223344')).toBe('00');
    expect(ask('a21411223344')).toBe('0a');
    expect(refusal('a22711223344')).toBe('00');
    expect(ask('3a2828')).toBe('020800bd');
  });

  it('lock sixteen pages each in the larger models', () => {
    chip = woken('ntag216');
    ask('a2e202000000');
    expect(ask('a21f11223344')).toBe('0a');
    expect(refusal('a22011223344')).toBe('00');
    expect(refusal('a22f11223344')).toBe('00');
    expect(ask('a23011223344')).toBe('0a');
  });

  it.each(['ntag213', 'ntag215', 'ntag216'] as const)(
    'can all be frozen in an %s, so that nobody can lock a page of it',
    model => {
      const { dynamicLockPage, dynamicBlockLocks, lastUserPage } = NTAG21X[model];
      chip = woken(model);
      ask('a20200000700');
      chip.exchange(Uint8Array.of(0xa2, dynamicLockPage, 0, 0, dynamicBlockLocks, 0));
      ask('a2020000ffff');
      chip.exchange(Uint8Array.of(0xa2, dynamicLockPage, 0xff, 0xff, 0xff, 0xff));
      for (let page = 4; page <= lastUserPage; page++) {
        expect(chip.exchange(Uint8Array.of(0xa2, page, 1, 2, 3, 4))).toEqual(Uint8Array.of(0x0a));
      }
    },
  );
});

describe('password protection', () => {
  it('refuses reading and writing from AUTH0 on under PROT, until PWD_AUTH', () => {
    protect('80');
    wake(chip);
    expect(refusal('3a0404')).toBe('00');
    expect(refusal('3004')).toBe('00');
    expect(refusal('a20411223344')).toBe('00');
    expect(refusal('a22904000000')).toBe('00');
    expect(ask('3a0003')).toHaveLength(32);
    expect(ask('1b11223344')).toBe('5566');
    expect(ask('3a0404')).toBe('0103a00c');
    expect(ask('a20411223344')).toBe('0a');
  });

  it('rolls a READ over at AUTH0 instead of showing what lies behind it', () => {
    protect('80');
    wake(chip);
    expect(ask('3002')).toBe(ask('3a0203') + ask('3a0001'));
  });

  it('lets everybody read without PROT', () => {
    protect('00');
    wake(chip);
    expect(ask('3a0404')).toBe('0103a00c');
    expect(refusal('a20411223344')).toBe('00');
  });

  it('forgets the password at any refusal and at power-off', () => {
    protect('80');
    ask('1b11223344');
    expect(refusal('3aff00')).toBe('00');
    expect(refusal('3a0404')).toBe('00');
    ask('1b11223344');
    wake(chip);
    expect(refusal('3a0404')).toBe('00');
  });

  it('with AUTHLIM 0 takes the right password after any number of wrong ones', () => {
    protect('80');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), attempts => {
        for (let attempt = 0; attempt < attempts; attempt++) expect(refusal('1b00000000')).toBe('00');
        expect(ask('1b11223344')).toBe('5566');
      }),
      { numRuns: 20 },
    );
  });

  it.each([1, 2, 7])('with AUTHLIM %i is shut for ever after that many wrong ones', limit => {
    protect((0x80 | limit).toString(16));
    for (let attempt = 0; attempt < limit; attempt++) expect(refusal('1b00000000')).toBe('00');
    expect(refusal('1b11223344')).toBe('04');
    wake(chip);
    expect(refusal('1b11223344')).toBe('04');
  });

  it('forgets wrong passwords when the right one comes in time', () => {
    protect('82');
    refusal('1b00000000');
    expect(ask('1b11223344')).toBe('5566');
    refusal('1b00000000');
    expect(ask('1b11223344')).toBe('5566');
  });

  it('locks the configuration, but not PWD and PACK, from the power-on after CFGLCK', () => {
    ask('a22a40050000');
    expect(ask('a22904000030')).toBe('0a');
    expect(ask('a229040000ff')).toBe('0a');
    wake(chip);
    expect(refusal('a22904000004')).toBe('00');
    expect(refusal('a22a00050000')).toBe('00');
    expect(ask('a22b11223344')).toBe('0a');
    expect(ask('a22c55660000')).toBe('0a');
  });
});

describe('states', () => {
  it('answers nothing without power, before selection, and after HLTA', () => {
    chip = new VirtualChip(UID);
    expect(ask('60')).toBe('-');
    chip.powerOn();
    expect(ask('60')).toBe('-');
    chip.activate();
    expect(ask('60')).not.toBe('-');
    expect(ask('5000')).toBe('-');
    expect(ask('60')).toBe('-');
  });

  it('is woken from HALT by WUPA only, and goes back there when it refuses something', () => {
    ask('5000');
    expect(chip.activate('REQA')).toBe(false);
    expect(chip.activate('WUPA')).toBe(true);
    ask('1b00000000');
    expect(chip.state).toBe('halt');
  });

  it('goes to IDLE when it refuses something, and is silent till selected again', () => {
    expect(ask('1b00000000')).toBe('00');
    expect(chip.state).toBe('idle');
    expect(ask('60')).toBe('-');
    expect(chip.activate('REQA')).toBe(true);
    expect(ask('60')).not.toBe('-');
  });

  it.each(['a0040000', '6000', '3a04', 'a204112233', 'ff'])(
    'refuses %s: unknown, or of a wrong length',
    frame => {
      expect(ask(frame)).toBe('00');
    },
  );
});

describe('the NFC counter', () => {
  it('counts the first read after each power-on, once it is enabled', () => {
    expect(refusal('3902')).toBe('00');
    ask('a22a10050000');
    expect(ask('3902')).toBe('000000');
    ask('3004');
    ask('3a0404');
    expect(ask('3902')).toBe('010000');
    wake(chip);
    ask('3a0404');
    expect(ask('3902')).toBe('020000');
    expect(refusal('3900')).toBe('00');
  });

  it('can be put under the password', () => {
    protect('98');
    wake(chip);
    expect(refusal('3902')).toBe('00');
    ask('1b11223344');
    expect(ask('3902')).toHaveLength(6);
  });
});

describe('a torn write', () => {
  const data = fc.uint8Array({ minLength: 4, maxLength: 4 });

  function tear(page: number, bytes: Uint8Array, torn: { programmed: number; weakReads?: number }): void {
    chip.begin(Uint8Array.of(0xa2, page, ...bytes));
    chip.powerOff(torn);
    wake(chip);
  }

  it('leaves a page old, new or in between, and no other page touched', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 39 }),
        data,
        fc.integer({ min: 0, max: 4 }),
        (page, bytes, programmed) => {
          chip = woken();
          const expected = chip.image().memory;
          tear(page, bytes, { programmed });
          expected.set(bytes.slice(0, programmed), page * 4);
          expect(chip.image().memory).toEqual(expected);
        },
      ),
    );
  });

  it('may leave a weak page, which reads well so many times and then decays', () => {
    tear(6, fromHex('aabbccdd'), { programmed: 1, weakReads: 2 });
    expect(ask('3a0606')).toBe('aabbccdd');
    expect(ask('3006').slice(0, 8)).toBe('aabbccdd');
    expect(ask('3a0606')).toBe('aa000000');
  });

  it('does not decay once the page has been written again', () => {
    tear(6, fromHex('aabbccdd'), { programmed: 0, weakReads: 1 });
    ask('a206aabbccdd');
    ask('3a0606');
    expect(ask('3a0606')).toBe('aabbccdd');
  });

  it.each([2, 3, 0x28])('leaves page %i whole, old or new', page => {
    const before = chip.image().memory.slice(page * 4, page * 4 + 4);
    tear(page, fromHex('00000f01'), { programmed: 3, weakReads: 1 });
    expect(chip.image().memory.slice(page * 4, page * 4 + 4)).toEqual(before);
    tear(page, fromHex('00000f00'), { programmed: 4 });
    expect(chip.image().memory.slice(page * 4, page * 4 + 4)).not.toEqual(before);
  });
});

describe('copies', () => {
  it('roll a chip back to what it held', () => {
    const before = chip.image();
    ask('a20611223344');
    chip.restore(before);
    expect(ask('3a0606')).toBe('00000000');
  });

  it('make a clone, down to the password', () => {
    protect('80');
    const clone = new VirtualChip(UID);
    clone.restore(chip.image());
    wake(clone);
    expect(ask('1b11223344', clone)).toBe('5566');
  });
});

it.each(['', '04a1b2c3', '04A1B2C3D4E5F6'])('a chip with UID "%s" cannot be made', uid => {
  expect(() => new VirtualChip(uid)).toThrow(expect.objectContaining({ code: 'chip-uid-invalid' }));
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex } from './bytes.ts';
import type { KeySet } from './crypto/keyset.ts';
import { ChipUid, EventId, Generation, KeySetNumber, WalletId } from './ids.ts';
import type { Reader } from './reader/reader.ts';
import { VirtualChip } from './virtual/chip.ts';
import { jumpingClock } from './virtual/clock.ts';
import type { VirtualFault } from './virtual/faults.ts';
import { VirtualReader } from './virtual/reader.ts';
import { freshWristband, personaliseWristband, type WristbandOrder } from './wristband.ts';

const UID = ChipUid.parse('04a1b2c3d4e5f6');
const keySet = (number: number): KeySet => ({
  number: KeySetNumber.parse(number),
  purse: new Uint8Array(16).fill(number),
  access: new Uint8Array(16).fill(number + 64),
  password: new Uint8Array(16).fill(number + 128),
});
const ORDER: WristbandOrder = {
  event: EventId.parse(7),
  keySet: keySet(2),
  wallet: WalletId.parse('00112233445566aa'),
  generation: Generation.parse(1),
  ageClass: 18,
  nonce: 0xbeef,
};
const ANOTHER = { ...ORDER, wallet: WalletId.parse('ffeeddccbbaa9988'), nonce: 1 };
/** 16 user pages, PWD, PACK, two pages of lock bytes, two of configuration. */
const WRITES = 22;

async function bench(chip = new VirtualChip(UID)) {
  const reader = new VirtualReader({ name: 'bench', clock: jumpingClock() });
  await reader.present(chip);
  const again = async () => {
    reader.disarm();
    await reader.remove();
    await reader.present(chip);
  };
  return { chip, reader, again };
}

async function madeBench(order = ORDER) {
  const made = await bench();
  await personaliseWristband(made.reader, order);
  await made.again();
  return made;
}

describe('a fresh wristband', () => {
  it('holds its block, an empty sealed purse in slot 0 and nothing in slot 1', () => {
    const { user, wristband } = freshWristband(UID, ORDER);
    expect(user).toHaveLength(64);
    expect([...user.slice(0, 16)]).toEqual([1, 2, 18, 1, 0, 0, 0, 7, ...fromHex(ORDER.wallet)]);
    expect([...user.slice(24, 36)]).toEqual([0, 0, 0xbe, 0xef, 0, 0, 0, 2, 0, 0, 0, 0]);
    expect(user.slice(44).every(byte => byte === 0)).toBe(true);
    expect(wristband).toMatchObject({
      uid: UID,
      wallet: ORDER.wallet,
      generation: 1,
      ageClass: 18,
      keySet: 2,
    });
    expect(fromHex(wristband.rootImage)).toEqual(user.slice(24, 44));
  });
});

describe('personalising a wristband', () => {
  it('makes a blank one, and knows it again with all that has to be reported', async () => {
    const { reader, again } = await bench();
    const made = await personaliseWristband(reader, ORDER);
    expect(made).toMatchObject({ kind: 'made', model: 'ntag213' });
    await again();
    // Another session, with another wallet in mind: what is on the chip counts.
    const known = await personaliseWristband(reader, ANOTHER);
    expect(known).toEqual({ kind: 'already-ours', wristband: freshWristband(UID, ORDER).wristband });
  });

  it('torn away at any write, in any way, is finished with the same order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(WRITES - 1),
        fc.nat(4),
        fc.nat(2),
        fc.boolean(),
        async (atWrite, programmed, weakReads, forgotten) => {
          const { reader, again, chip } = await bench();
          reader.arm({ kind: 'tear', atWrite, programmed, weakReads });
          const torn = await personaliseWristband(reader, ORDER);
          expect(torn.kind).toBe('torn');
          await again();
          // The station may have lost its notes: then it comes with a new order.
          const order = forgotten ? ANOTHER : ORDER;
          let done = await personaliseWristband(reader, order);
          await again();
          // A page that reads well and decays a moment later is found out by reading back, and costs one more try.
          if (done.kind === 'torn') {
            done = await personaliseWristband(reader, order);
            await again();
          }
          expect(['made', 'already-ours']).toContain(done.kind);
          const wristband = 'wristband' in done ? done.wristband : undefined;
          expect(await personaliseWristband(reader, { ...ORDER, nonce: 9 })).toEqual({
            kind: 'already-ours',
            wristband,
          });
          expect(chip.image().memory.slice(16, 80)).toEqual(
            freshWristband(UID, wristband?.wallet === ORDER.wallet ? ORDER : ANOTHER).user,
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each<[VirtualFault, string]>([
    [{ kind: 'removed', atExchange: 0 }, 'removed'],
    [{ kind: 'unplugged', atExchange: 0 }, 'reader-down'],
    [{ kind: 'unplugged', atExchange: 9 }, 'torn'],
  ])('calls %o %s', async (fault, kind) => {
    const { reader } = await bench();
    reader.arm(fault);
    expect(await personaliseWristband(reader, ORDER)).toMatchObject({ kind });
  });

  it('touches nothing when another chip has taken the place of the one decided on', async () => {
    const { reader, chip } = await bench();
    const decided = reader.chip();
    await reader.remove();
    const other = new VirtualChip('04ffffffffffff');
    const blank = other.image();
    await reader.present(other);
    expect(await personaliseWristband(reader, ORDER, decided)).toEqual({ kind: 'removed' });
    expect(other.image()).toEqual(blank);
    expect(chip.image()).toEqual(new VirtualChip(UID).image());
  });

  it('leaves one with a life behind it alone', async () => {
    const { reader, chip } = await madeBench();
    const before = chip.image();
    // A slot 1 that nobody sealed, as a torn first charge leaves it.
    before.memory.set(new Uint8Array(20).fill(7), 15 * 4);
    chip.restore(before);
    expect(await personaliseWristband(reader, ANOTHER)).toEqual({
      kind: 'in-use',
      wallet: ORDER.wallet,
      counter: 0,
    });
    expect(chip.image()).toEqual(before);
  });

  it('knows those of earlier key sets, and calls them foreign without these', async () => {
    const { reader, again } = await madeBench({ ...ORDER, keySet: keySet(1) });
    expect(await personaliseWristband(reader, ORDER)).toEqual({ kind: 'foreign' });
    await again();
    expect(await personaliseWristband(reader, { ...ORDER, olderKeySets: [keySet(1)] })).toMatchObject({
      kind: 'already-ours',
      wristband: { keySet: 1 },
    });
  });

  it('names an edited one, a locked one, one of somebody else and a chip of another make', async () => {
    const edited = await madeBench();
    const image = edited.chip.image();
    image.memory.set([0xff], 4 * 4 + 2);
    edited.chip.restore(image);
    expect(await personaliseWristband(edited.reader, ORDER)).toEqual({ kind: 'damaged' });

    const locked = await bench();
    await locked.reader.run([{ bytes: Uint8Array.of(0xa2, 2, 0, 0, 0xf0, 0xff), expected: { length: 1 } }]);
    await locked.again();
    expect(await personaliseWristband(locked.reader, ORDER)).toEqual({ kind: 'locked', page: 2 });

    const foreign = await madeBench({ ...ORDER, keySet: keySet(5) });
    expect(await personaliseWristband(foreign.reader, ORDER)).toEqual({ kind: 'foreign' });

    const { reader: field } = await bench();
    const reader: Reader = {
      name: 'a chip that refuses GET_VERSION',
      via: 'box',
      chip: () => field.chip(),
      isUp: () => true,
      onSignal: () => () => {},
      close: async () => {},
      run: async () => ({ answers: [Uint8Array.of(0x00)], stopped: 'mismatch' }),
    };
    expect(await personaliseWristband(reader, ORDER)).toEqual({ kind: 'wrong-chip' });
  });
});

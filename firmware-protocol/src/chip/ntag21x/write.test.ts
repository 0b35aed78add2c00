import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answering,
  logged,
  OTHER,
  pages,
  personalisedRig,
  presentAgain,
  type Rig,
  SECRET,
  USER,
} from '../../../test/ntag21x-rig.ts';
import type { ScriptResult } from '../../reader/reader.ts';
import { tearAtByte } from '../../virtual/faults.ts';
import type { SlotIndex } from './area.ts';
import { isUnchanged } from './outcome.ts';
import { readChip } from './read.ts';
import { rewriteSlot, writeSlot } from './write.ts';

const ACK = Uint8Array.of(0x0a);
const OLD: Readonly<Record<SlotIndex, Uint8Array>> = { 0: USER.slice(24, 44), 1: USER.slice(44, 64) };
const NEW = new Uint8Array(20).fill(0xee);
const FIRST: Readonly<Record<SlotIndex, number>> = { 0: 10, 1: 15 };

async function readRig(): Promise<Rig & { presence: number }> {
  const rig = await personalisedRig();
  const read = await readChip(rig.reader, [SECRET]);
  if (read.kind !== 'ok') throw new Error(read.kind);
  return { ...rig, presence: read.chip.presence };
}

function slotOnChip(rig: Rig, slot: SlotIndex): Uint8Array {
  return pages(rig.chip, FIRST[slot], FIRST[slot] + 4);
}

const anySlot = fc.constantFrom<SlotIndex>(0, 1);
const anyBytes = fc.uint8Array({ minLength: 20, maxLength: 20 });

describe('writing a slot', () => {
  it('puts any bytes into any slot, reads them back, and touches nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(anySlot, anyBytes, async (slot, after) => {
        const rig = await readRig();
        const expected = rig.chip.image().memory;
        expected.set(after, FIRST[slot] * 4);
        const outcome = await writeSlot(rig.reader, slot, OLD[slot], after, rig.presence);
        expect(outcome).toMatchObject({ kind: 'ok' });
        expect(rig.chip.image().memory).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it('writes only pages that differ, in one script that ends with the read-back', async () => {
    const rig = await readRig();
    const after = OLD[1].slice();
    after[0] = 0xff;
    after[17] = 0xff;
    const log = logged(rig.reader);
    expect(await writeSlot(log.reader, 1, OLD[1], after)).toEqual({ kind: 'ok', pagesWritten: 2 });
    const frames = log.scripts.map(script => script.map(step => [step.bytes[0], step.bytes[1]]));
    expect(frames).toEqual([
      [
        [0xa2, 15],
        [0xa2, 19],
        [0x3a, 15],
      ],
    ]);
  });

  it('only reads back when there is nothing to write', async () => {
    const rig = await readRig();
    expect(await writeSlot(rig.reader, 0, OLD[0], OLD[0])).toEqual({ kind: 'ok', pagesWritten: 0 });
    expect(await writeSlot(rig.reader, 0, NEW, NEW)).toMatchObject({
      kind: 'torn',
      total: 0,
      readBack: OLD[0],
    });
  });

  it('torn away at any byte leaves the other slot and the immutable block as they were', async () => {
    await fc.assert(
      fc.asyncProperty(
        anySlot,
        anyBytes,
        fc.integer({ min: 0, max: 19 }),
        fc.integer({ min: 0, max: 2 }),
        async (slot, after, byte, weakReads) => {
          const rig = await readRig();
          const expected = rig.chip.image().memory;
          const other = slot === 0 ? 1 : 0;
          rig.reader.arm({ ...tearAtByte(byte), weakReads } as ReturnType<typeof tearAtByte>);
          const outcome = await writeSlot(rig.reader, slot, OLD[slot], after);
          await presentAgain(rig);
          const read = await readChip(rig.reader, [SECRET]);
          if (read.kind !== 'ok') throw new Error(read.kind);
          expect(read.slots[other]).toEqual(OLD[other]);
          expect(read.immutable).toEqual(USER.slice(0, 24));
          const memory = rig.chip.image().memory;
          expected.set(slotOnChip(rig, slot), FIRST[slot] * 4);
          expect(memory).toEqual(expected);
          if (isUnchanged(outcome)) expect(read.slots[slot]).toEqual(OLD[slot]);
        },
      ),
    );
  });

  it('torn away says how many pages were acknowledged', async () => {
    for (let atWrite = 0; atWrite < 5; atWrite++) {
      const rig = await readRig();
      rig.reader.arm({ kind: 'tear', atWrite, programmed: 2 });
      const outcome = await writeSlot(rig.reader, 0, OLD[0], NEW);
      expect(outcome).toEqual({ kind: 'torn', acknowledged: atWrite, total: 5, stopped: 'removed' });
    }
  });

  it('is torn too when only the read-back is missing', async () => {
    const rig = await readRig();
    rig.reader.arm({ kind: 'removed', atExchange: 5 });
    const outcome = await writeSlot(rig.reader, 0, OLD[0], NEW);
    expect(outcome).toEqual({ kind: 'torn', acknowledged: 5, total: 5, stopped: 'removed' });
    expect(slotOnChip(rig, 0)).toEqual(NEW);
  });

  it('is torn when the read-back differs, and hands it over', async () => {
    const rig = await readRig();
    const lying = answering(rig.reader, async script => ({
      answers: [...script.slice(0, -1).map(() => ACK), OLD[0]],
      stopped: 'mismatch',
    }));
    expect(await writeSlot(lying, 0, OLD[0], NEW)).toEqual({
      kind: 'torn',
      acknowledged: 5,
      total: 5,
      stopped: 'mismatch',
      readBack: OLD[0],
    });
  });

  it('does not count an ACK with a flipped bit, though the page may be written', async () => {
    const rig = await readRig();
    rig.reader.arm({ kind: 'bit-error', atExchange: 1, bit: 1 });
    const outcome = await writeSlot(rig.reader, 0, OLD[0], NEW);
    expect(outcome).toEqual({ kind: 'torn', acknowledged: 1, total: 5, stopped: 'mismatch' });
    expect(slotOnChip(rig, 0).slice(0, 8)).toEqual(NEW.slice(0, 8));
  });

  it('is torn when the reader goes in the middle', async () => {
    const rig = await readRig();
    rig.reader.arm({ kind: 'unplugged', atExchange: 2 });
    const outcome = await writeSlot(rig.reader, 0, OLD[0], NEW);
    expect(outcome).toEqual({ kind: 'torn', acknowledged: 2, total: 5, stopped: 'reader' });
  });

  it('is refused, with nothing changed, by a chip that has lost its authentication', async () => {
    const rig = await readRig();
    await presentAgain(rig);
    const outcome = await writeSlot(rig.reader, 0, OLD[0], NEW);
    expect(outcome).toEqual({ kind: 'refused', nak: 0 });
    expect(isUnchanged(outcome)).toBe(true);
    expect(slotOnChip(rig, 0)).toEqual(OLD[0]);
  });

  it.each([
    ['a failed EEPROM write', Uint8Array.of(0x05)],
    ['noise', new Uint8Array(0)],
    ['an ACK with a flipped bit', Uint8Array.of(0x0b)],
  ])('claims nothing after %s', async (_, answer) => {
    const rig = await readRig();
    const failing = answering(
      rig.reader,
      async (): Promise<ScriptResult> => ({ answers: [answer], stopped: 'mismatch' }),
    );
    const outcome = await writeSlot(failing, 0, OLD[0], NEW);
    expect(outcome).toEqual({ kind: 'torn', acknowledged: 0, total: 5, stopped: 'mismatch' });
    expect(isUnchanged(outcome)).toBe(false);
  });

  it('sends nothing when another presence is in the field, none, or no reader', async () => {
    const rig = await readRig();
    const log = logged(rig.reader);
    await presentAgain(rig);
    expect(await writeSlot(log.reader, 0, OLD[0], NEW, rig.presence)).toEqual({ kind: 'removed' });
    await rig.reader.remove();
    expect(await writeSlot(log.reader, 0, OLD[0], NEW)).toEqual({ kind: 'removed' });
    rig.reader.unplug();
    expect(await writeSlot(log.reader, 0, OLD[0], NEW)).toEqual({ kind: 'reader-down' });
    expect(log.scripts).toEqual([]);
  });

  it('refuses bytes that are no slot', async () => {
    const rig = await readRig();
    await expect(writeSlot(rig.reader, 0, OLD[0], USER)).rejects.toMatchObject({
      code: 'slot-length-invalid',
    });
    await expect(writeSlot(rig.reader, 0, USER, OLD[0])).rejects.toMatchObject({
      code: 'slot-length-invalid',
    });
    await expect(rewriteSlot(rig.reader, 0, USER)).rejects.toMatchObject({ code: 'slot-length-invalid' });
  });
});

describe('rewriting a slot', () => {
  it('writes all five pages though they read right, so that a weak one cannot decay any more', async () => {
    const rig = await readRig();
    rig.reader.arm({ kind: 'tear', atWrite: 4, programmed: 0, weakReads: 2 });
    await writeSlot(rig.reader, 0, OLD[0], NEW);
    await presentAgain(rig);
    const read = await readChip(rig.reader, [SECRET]);
    expect(read).toMatchObject({ kind: 'ok', slots: [NEW, OLD[1]] });
    expect(await rewriteSlot(rig.reader, 0, NEW)).toEqual({ kind: 'ok', pagesWritten: 5 });
    for (let times = 0; times < 3; times++) {
      expect(await readChip(rig.reader, [SECRET])).toMatchObject({ kind: 'ok', slots: [NEW, OLD[1]] });
    }
  });

  it('is needed: without it such a page decays', async () => {
    const rig = await readRig();
    rig.reader.arm({ kind: 'tear', atWrite: 4, programmed: 0, weakReads: 1 });
    await writeSlot(rig.reader, 0, OLD[0], NEW);
    await presentAgain(rig);
    expect(await readChip(rig.reader, [SECRET])).toMatchObject({ slots: [NEW, OLD[1]] });
    const decayed = Uint8Array.of(...NEW.slice(0, 16), ...OLD[0].slice(16));
    expect(await readChip(rig.reader, [SECRET])).toMatchObject({ slots: [decayed, OLD[1]] });
  });

  it('is refused by a chip that was not authenticated', async () => {
    const rig = await personalisedRig();
    await readChip(rig.reader, [OTHER]);
    expect(await rewriteSlot(rig.reader, 0, NEW)).toEqual({ kind: 'refused', nak: 0 });
  });
});

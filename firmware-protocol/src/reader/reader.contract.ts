/**
 * What every Reader must do, whatever stands behind it: the virtual one, PC/SC in this process, PC/SC through a real
 * pcscd. Rigs may be slow, so each check waits for a signal and none of them measures time. Only tests import this.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { equalBytes } from '../bytes.ts';
import { fastRead, getVersion, pwdAuth, write } from '../chip/ntag21x/commands.ts';
import { personalise } from '../chip/ntag21x/personalise.ts';
import { readChip } from '../chip/ntag21x/read.ts';
import { writeSlot } from '../chip/ntag21x/write.ts';
import type { ChipPassword } from '../crypto/keyset.ts';
import { type TornPage, VirtualChip } from '../virtual/chip.ts';
import type { Reader, ReaderSignal } from './reader.ts';

/** A reader under test and the hands around it. */
export interface ReaderRig {
  readonly reader: Reader;
  /** Holds the chip into the field; need not wait for the reader to notice. */
  present(chip: VirtualChip): Promise<void>;
  /** Takes it away again. */
  remove(): Promise<void>;
  /** The chip leaves while the page of that WRITE, from 0 and from now, is being programmed. Left out where it can't be done. */
  tearAt?(write: number, torn: TornPage): void;
  /** Pulls the reader's cable, and puts it back. Left out where it can't be done. */
  unplug?(): Promise<void>;
  plug?(): Promise<void>;
  close(): Promise<void>;
}

const UID = '04a1b2c3d4e5f6';
const OTHER_UID = '04112233445566';
const SECRET: ChipPassword = { pwd: Uint8Array.of(1, 2, 3, 4), pack: Uint8Array.of(5, 6) };
const FACTORY: ChipPassword = { pwd: new Uint8Array(4).fill(0xff), pack: new Uint8Array(2) };
const USER = Uint8Array.from({ length: 64 }, (_, index) => index + 1);

/** @param timeoutMs For one check, in rigs that are slow. */
export function readerContract(name: string, makeRig: () => Promise<ReaderRig>, timeoutMs = 5_000): void {
  describe(`a reader: ${name}`, { timeout: timeoutMs }, () => {
    let rig: ReaderRig;
    let heard: ReaderSignal[];
    let news: (() => void) | undefined;

    beforeEach(async () => {
      rig = await makeRig();
      heard = [];
      rig.reader.onSignal(signal => {
        heard.push(signal);
        news?.();
      });
    }, timeoutMs);

    afterEach(async () => {
      await rig.close();
    }, timeoutMs);

    /** Resolves once so many signals of a kind have been heard. */
    async function hear(kind: ReaderSignal['kind'], count = 1): Promise<void> {
      while (heard.filter(signal => signal.kind === kind).length < count) {
        await new Promise<void>(resolve => {
          news = resolve;
        });
      }
    }

    async function present(chip: VirtualChip): Promise<void> {
      const before = heard.filter(signal => signal.kind === 'present').length;
      await rig.present(chip);
      await hear('present', before + 1);
    }

    async function remove(): Promise<void> {
      const before = heard.filter(signal => signal.kind === 'removed').length;
      await rig.remove();
      await hear('removed', before + 1);
    }

    it('is up, and empty, from the start', () => {
      expect(rig.reader.isUp()).toBe(true);
      expect(rig.reader.chip()).toBeUndefined();
    });

    it('tells of a chip that comes and goes, with its UID, once and in order', async () => {
      await present(new VirtualChip(UID));
      expect(rig.reader.chip()?.uid).toBe(UID);
      await remove();
      expect(rig.reader.chip()).toBeUndefined();
      expect(heard.map(signal => signal.kind)).toEqual(['present', 'removed']);
    });

    it('counts presences, so that two taps of one chip can be told apart', async () => {
      const chip = new VirtualChip(UID);
      await present(chip);
      const first = rig.reader.chip()?.presence ?? 0;
      await remove();
      await present(chip);
      expect(rig.reader.chip()).toEqual({ uid: UID, presence: first + 1 });
    });

    it('sees which chip has come after another', async () => {
      await present(new VirtualChip(UID));
      await remove();
      await present(new VirtualChip(OTHER_UID));
      expect(rig.reader.chip()?.uid).toBe(OTHER_UID);
    });

    it('answers a script step by step', async () => {
      const chip = new VirtualChip(UID);
      await present(chip);
      const result = await rig.reader.run([getVersion(), fastRead(4, 19)]);
      expect(result.stopped).toBeUndefined();
      expect(result.answers).toEqual([chip.layout.version, chip.image().memory.slice(16, 80)]);
    });

    it('stops at the first answer that is not as expected, hands it over, and sends no more', async () => {
      const chip = new VirtualChip(UID);
      await present(chip);
      const page = chip.image().memory.slice(16, 20);
      const result = await rig.reader.run([
        fastRead(4, 4, Uint8Array.of(9, 9, 9, 9)),
        write(5, Uint8Array.of(1, 1, 1, 1)),
      ]);
      expect(result).toEqual({ answers: [page], stopped: 'mismatch' });
      expect(chip.image().memory.slice(20, 24)).not.toEqual(Uint8Array.of(1, 1, 1, 1));
    });

    it('acknowledges a write, and the page is written', async () => {
      const chip = new VirtualChip(UID);
      await present(chip);
      const data = Uint8Array.of(1, 2, 3, 4);
      const result = await rig.reader.run([write(6, data), fastRead(6, 6, data)]);
      expect(result.stopped).toBeUndefined();
      expect(chip.image().memory.slice(24, 28)).toEqual(data);
    });

    it('reports a refusal as a mismatch whose answer is no data', async () => {
      await present(new VirtualChip(UID));
      const result = await rig.reader.run([getVersion(), pwdAuth(SECRET), fastRead(4, 4)]);
      expect(result.stopped).toBe('mismatch');
      expect(result.answers).toHaveLength(2);
      expect(result.answers[1]?.length).toBeLessThanOrEqual(1);
    });

    it('goes on after a refusal: the chip is called anew and is the same presence', async () => {
      await present(new VirtualChip(UID));
      const before = rig.reader.chip();
      await rig.reader.run([pwdAuth(SECRET)]);
      const result = await rig.reader.run([getVersion(), fastRead(4, 4)]);
      expect(result.stopped).toBeUndefined();
      expect(rig.reader.chip()).toEqual(before);
    });

    it('keeps the chip authenticated from one script to the next', async () => {
      const chip = new VirtualChip(UID);
      await present(chip);
      await rig.reader.run([pwdAuth(FACTORY)]);
      expect(chip.state).toBe('authenticated');
      const result = await rig.reader.run([fastRead(4, 19)]);
      expect(result.stopped).toBeUndefined();
      expect(chip.state).toBe('authenticated');
    });

    it('runs scripts one after the other, however they are started', async () => {
      await present(new VirtualChip(UID));
      const data = [1, 2, 3].map(value => new Uint8Array(4).fill(value));
      const results = await Promise.all(
        data.map(bytes => rig.reader.run([write(7, bytes), fastRead(7, 7, bytes)])),
      );
      expect(results.map(result => result.stopped)).toEqual([undefined, undefined, undefined]);
    });

    it('says removed, and sends nothing, when no chip is there', async () => {
      expect(await rig.reader.run([getVersion()])).toEqual({ answers: [], stopped: 'removed' });
    });

    it('says removed after the chip has left', async () => {
      await present(new VirtualChip(UID));
      await remove();
      expect(await rig.reader.run([getVersion()])).toEqual({ answers: [], stopped: 'removed' });
    });

    it('tells nothing to a listener that has unsubscribed', async () => {
      const late: ReaderSignal[] = [];
      const unsubscribe = rig.reader.onSignal(signal => late.push(signal));
      unsubscribe();
      await present(new VirtualChip(UID));
      expect(late).toEqual([]);
    });

    it('carries a whole wristband: personalised, read, one slot written, read again', async () => {
      await present(new VirtualChip(UID));
      const made = await personalise(rig.reader, { uid: UID, user: USER, ...SECRET });
      expect(made).toEqual({ kind: 'ok', model: 'ntag213' });
      const read = await readChip(rig.reader, [SECRET]);
      if (read.kind !== 'ok') throw new Error(`read as ${read.kind}`);
      const after = new Uint8Array(20).fill(0x77);
      const written = await writeSlot(rig.reader, 1, read.slots[1], after, read.chip.presence);
      expect(written).toEqual({ kind: 'ok', pagesWritten: 5 });
      await remove();
    });

    it('says of a chip torn away in a write how far it came', async () => {
      if (rig.tearAt === undefined) return;
      const chip = new VirtualChip(UID);
      await present(chip);
      rig.tearAt(2, { programmed: 1 });
      const pages = [8, 9, 10, 11].map(page => write(page, new Uint8Array(4).fill(page)));
      const result = await rig.reader.run(pages);
      await hear('removed');
      expect(result.stopped).toBe('removed');
      expect(result.answers).toHaveLength(2);
      expect(equalBytes(chip.image().memory.slice(32, 41), Uint8Array.of(8, 8, 8, 8, 9, 9, 9, 9, 10))).toBe(
        true,
      );
    });

    it('tells when the reader goes and comes back, and the chip with it', async () => {
      if (rig.unplug === undefined || rig.plug === undefined) return;
      await present(new VirtualChip(UID));
      await rig.unplug();
      await hear('down');
      expect(rig.reader.isUp()).toBe(false);
      expect(rig.reader.chip()).toBeUndefined();
      expect(await rig.reader.run([getVersion()])).toEqual({ answers: [], stopped: 'reader' });
      await rig.plug();
      await hear('present', 2);
      expect(rig.reader.isUp()).toBe(true);
      expect(heard.map(signal => signal.kind)).toEqual(['present', 'removed', 'down', 'up', 'present']);
      expect((await rig.reader.run([getVersion()])).stopped).toBeUndefined();
    });
  });
}

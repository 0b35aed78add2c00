import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answering,
  blankRig,
  logged,
  OTHER,
  pages,
  personalisedRig,
  presentAgain,
  type Rig,
  SECRET,
  UID,
  USER,
} from '../../../test/ntag21x-rig.ts';
import { concatBytes, equalBytes } from '../../bytes.ts';
import { fastRead, pwdAuth, WRITE, write } from './commands.ts';
import { NTAG21X } from './model.ts';
import type { PersonaliseOutcome } from './outcome.ts';
import { type Personalisation, personalise } from './personalise.ts';
import { readChip } from './read.ts';

const FACTORY = { pwd: new Uint8Array(4).fill(0xff), pack: new Uint8Array(2) };
const WANTED: Personalisation = { uid: UID, user: USER, ...SECRET };
/** 16 user pages, PWD, PACK, two pages of lock bytes, two of configuration. */
const WRITES = 22;

async function isOurs(rig: Rig): Promise<boolean> {
  const read = await readChip(rig.reader, [SECRET]);
  return read.kind === 'ok' && equalBytes(concatBytes(read.immutable, ...read.slots), USER);
}

describe('personalising', () => {
  it.each(['ntag213', 'ntag215', 'ntag216'] as const)('makes a blank %s ours', async model => {
    const rig = await blankRig(model);
    const { cfg0Page, cfg1Page, pwdPage, packPage, dynamicLockPage, dynamicBlockLocks } = NTAG21X[model];
    expect(await personalise(rig.reader, WANTED)).toEqual({ kind: 'ok', model });
    expect(pages(rig.chip, 4, 19)).toEqual(USER);
    expect(pages(rig.chip, pwdPage, pwdPage)).toEqual(SECRET.pwd);
    expect(pages(rig.chip, packPage, packPage)).toEqual(Uint8Array.of(...SECRET.pack, 0, 0));
    expect(pages(rig.chip, cfg0Page, cfg0Page)).toEqual(Uint8Array.of(0x04, 0, 0, 4));
    expect(pages(rig.chip, cfg1Page, cfg1Page)).toEqual(Uint8Array.of(0x80, 0x05, 0, 0));
    expect(pages(rig.chip, 2, 2).slice(2)).toEqual(Uint8Array.of(0x07, 0));
    expect(pages(rig.chip, dynamicLockPage, dynamicLockPage)).toEqual(
      Uint8Array.of(0, 0, dynamicBlockLocks, 0xbd),
    );
    await presentAgain(rig);
    expect(await isOurs(rig)).toBe(true);
  });

  it('keeps strangers from reading and writing, and from locking a single page', async () => {
    const rig = await personalisedRig();
    expect((await rig.reader.run([fastRead(4, 4)])).stopped).toBe('mismatch');
    expect((await rig.reader.run([write(10, USER.slice(0, 4))])).stopped).toBe('mismatch');
    await rig.reader.run([write(2, Uint8Array.of(0, 0, 0xff, 0xff))]);
    await rig.reader.run([
      pwdAuth(SECRET),
      write(NTAG21X.ntag213.dynamicLockPage, new Uint8Array(4).fill(0xff)),
    ]);
    for (let page = 4; page <= 39; page++) {
      const result = await rig.reader.run([pwdAuth(SECRET), write(page, Uint8Array.of(1, 2, 3, 4))]);
      expect(result.stopped).toBeUndefined();
    }
  });

  it('leaves AUTHLIM at 0: no number of wrong passwords shuts the chip', async () => {
    const rig = await personalisedRig();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 4, maxLength: 4 }), { maxLength: 20 }),
        async guesses => {
          for (const pwd of guesses) await rig.reader.run([pwdAuth({ pwd, pack: SECRET.pack })]);
          expect(await readChip(rig.reader, [SECRET])).toMatchObject({ kind: 'ok' });
        },
      ),
      { numRuns: 20 },
    );
  });

  it('torn away at any write, in any way, can simply be done again', async () => {
    const tear = fc.record({
      atWrite: fc.integer({ min: 0, max: WRITES - 1 }),
      programmed: fc.integer({ min: 0, max: 4 }),
      weakReads: fc.integer({ min: 0, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(tear, { minLength: 1, maxLength: 4 }), async tears => {
        const rig = await blankRig();
        for (const torn of tears) {
          rig.reader.arm({ kind: 'tear', ...torn });
          await personalise(rig.reader, WANTED);
          await presentAgain(rig);
        }
        expect(await untilDone(rig)).toEqual({ kind: 'ok', model: 'ntag213' });
        await presentAgain(rig);
        expect(await isOurs(rig)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  /** A page that was left weak may decay under the very attempt that looks at it; then the next one sets it right. */
  async function untilDone(rig: Rig): Promise<PersonaliseOutcome> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const outcome = await personalise(rig.reader, WANTED);
      if (outcome.kind === 'ok') return outcome;
      expect(outcome.kind).toBe('torn');
      await presentAgain(rig);
    }
    throw new Error('not personalised after three attempts');
  }

  it('removed or unplugged before any exchange can be done again too', async () => {
    for (const kind of ['removed', 'unplugged'] as const) {
      for (let atExchange = 0; atExchange < 34; atExchange++) {
        const rig = await blankRig();
        rig.reader.arm({ kind, atExchange });
        await personalise(rig.reader, WANTED);
        await rig.reader.plug();
        await presentAgain(rig);
        expect(await personalise(rig.reader, WANTED)).toMatchObject({ kind: 'ok' });
      }
    }
  });

  it('says at which step it was torn, and how far that had come', async () => {
    const steps: [number, string, number, number][] = [
      [0, 'user', 0, 16],
      [15, 'user', 15, 16],
      [17, 'password', 1, 2],
      [19, 'lock', 1, 2],
      [21, 'protection', 1, 2],
    ];
    for (const [atWrite, step, acknowledged, total] of steps) {
      const rig = await blankRig();
      rig.reader.arm({ kind: 'tear', atWrite, programmed: 0 });
      const outcome = await personalise(rig.reader, WANTED);
      expect(outcome).toEqual({ kind: 'torn', step, acknowledged, total, stopped: 'removed' });
    }
  });

  it('protects last: torn before that, the chip is still open to be done again', async () => {
    const rig = await blankRig();
    rig.reader.arm({ kind: 'tear', atWrite: WRITES - 1, programmed: 0 });
    await personalise(rig.reader, WANTED);
    await presentAgain(rig);
    expect(await readChip(rig.reader, [OTHER])).toMatchObject({ kind: 'blank-chip', user: USER });
  });

  it('does not protect a chip whose password did not arrive: it would be lost', async () => {
    const { pwdPage, packPage } = NTAG21X.ntag213;
    for (const lost of [pwdPage, packPage]) {
      const rig = await blankRig();
      const losing = answering(rig.reader, (script, run) =>
        // A WRITE that is acknowledged and does nothing: another page, which nobody looks at, takes it.
        run(script.map(step => (step.bytes[1] === lost ? { ...step, bytes: step.bytes.with(1, 39) } : step))),
      );
      expect(await personalise(losing, WANTED)).toMatchObject({
        kind: 'torn',
        step: 'password',
        acknowledged: 2,
      });
      await presentAgain(rig);
      expect(await personalise(rig.reader, WANTED)).toMatchObject({ kind: 'ok' });
    }
  });

  it('takes a chip that anybody may read and only we may write for ours, and for foreign without the password', async () => {
    const rig = await personalisedRig();
    await rig.reader.run([pwdAuth(SECRET), write(NTAG21X.ntag213.cfg1Page, Uint8Array.of(0, 5, 0, 0))]);
    await presentAgain(rig);
    expect(await personalise(rig.reader, { ...WANTED, ...OTHER })).toEqual({
      kind: 'foreign',
      reason: 'password',
    });
    await presentAgain(rig);
    expect(await personalise(rig.reader, WANTED)).toMatchObject({ kind: 'ok' });
  });

  it('is a quiet no-op in effect on a chip that holds the same already', async () => {
    const rig = await personalisedRig();
    const before = rig.chip.image();
    expect(await personalise(rig.reader, WANTED)).toEqual({ kind: 'ok', model: 'ntag213' });
    expect(rig.chip.image()).toEqual(before);
  });

  it('does not overwrite one of ours that holds something else, unless told to', async () => {
    const rig = await personalisedRig();
    const before = rig.chip.image();
    const other = { ...WANTED, user: USER.map(byte => byte ^ 0xff) };
    expect(await personalise(rig.reader, other)).toEqual({
      kind: 'already-personalised',
      model: 'ntag213',
      user: USER,
    });
    expect(rig.chip.image()).toEqual(before);
    expect(await personalise(rig.reader, { ...other, replace: true })).toEqual({
      kind: 'ok',
      model: 'ntag213',
    });
    expect(pages(rig.chip, 4, 19)).toEqual(other.user);
  });

  it('never writes the password of a chip that is protected, where a tear would lose it', async () => {
    const rig = await personalisedRig();
    const log = logged(rig.reader);
    await personalise(log.reader, { ...WANTED, replace: true });
    const written = log.scripts.flat().filter(step => step.bytes[0] === WRITE);
    const { pwdPage, packPage } = NTAG21X.ntag213;
    const pagesWritten = written.map(step => step.bytes[1] ?? 0);
    for (const page of [pwdPage, packPage]) expect(pagesWritten).not.toContain(page);
  });

  it('torn away in its very last write, a page that reads well and decays later leaves no chip open', async () => {
    const { cfg0Page } = NTAG21X.ntag213;
    for (const weakReads of [1, 2, 3]) {
      const rig = await blankRig();
      rig.reader.arm({ kind: 'tear', atWrite: WRITES - 1, programmed: 0, weakReads });
      expect(await personalise(rig.reader, WANTED)).toMatchObject({ kind: 'torn', step: 'protection' });
      await presentAgain(rig);
      expect(await personalise(rig.reader, WANTED)).toMatchObject({ kind: 'ok' });
      for (let read = 0; read < 4; read++) {
        await presentAgain(rig);
        expect((await rig.reader.run([fastRead(cfg0Page, cfg0Page)])).stopped).toBe('mismatch');
      }
      expect(pages(rig.chip, cfg0Page, cfg0Page)[3]).toBe(4);
    }
  });

  it('takes a chip back that has our password and another configuration', async () => {
    const rig = await personalisedRig();
    await rig.reader.run([pwdAuth(SECRET), write(NTAG21X.ntag213.cfg1Page, Uint8Array.of(0x87, 5, 0, 0))]);
    await presentAgain(rig);
    expect(await personalise(rig.reader, WANTED)).toMatchObject({ kind: 'ok' });
    expect(pages(rig.chip, 0x2a, 0x2a)[0]).toBe(0x80);
  });

  it('leaves a chip alone that is protected with another password', async () => {
    const rig = await personalisedRig();
    const before = rig.chip.image();
    expect(await personalise(rig.reader, { ...WANTED, ...OTHER })).toEqual({
      kind: 'foreign',
      reason: 'password',
    });
    expect(await personalise(rig.reader, { ...WANTED, pack: OTHER.pack })).toEqual({
      kind: 'foreign',
      reason: 'pack',
    });
    expect(rig.chip.image()).toEqual(before);
  });

  it.each([
    ['page 4', 2, Uint8Array.of(0, 0, 0x10, 0), 2],
    ['page 15', 2, Uint8Array.of(0, 0, 0, 0x80), 2],
    ['pages 16 and 17', 0x28, Uint8Array.of(1, 0, 0, 0), 0x28],
    ['the configuration', 0x2a, Uint8Array.of(0x40, 5, 0, 0), 0x2a],
  ])('turns a chip away on which %s can not be written any more', async (_, lockPage, data, page) => {
    const rig = await blankRig();
    await rig.reader.run([write(lockPage, data)]);
    await presentAgain(rig);
    expect(await personalise(rig.reader, WANTED)).toEqual({ kind: 'locked-chip', page });
    expect(pages(rig.chip, 6, 19).every(byte => byte === 0)).toBe(true);
  });

  it('turns away a chip that is no NTAG21x', async () => {
    const { reader } = await blankRig();
    const version = Uint8Array.of(0, 4, 3, 1, 1, 0, 0x0b, 3);
    const other = answering(reader, async () => ({ answers: [version] }));
    expect(await personalise(other, WANTED)).toEqual({ kind: 'wrong-chip', version });
    const older = answering(reader, async () => ({ answers: [Uint8Array.of(0)], stopped: 'mismatch' }));
    expect(await personalise(older, WANTED)).toEqual({ kind: 'wrong-chip' });
  });

  it('fills user memory to its last page, and says when there is not enough of it', async () => {
    const rig = await blankRig();
    const user = Uint8Array.from({ length: 148 }, (_, index) => index);
    expect(await personalise(rig.reader, { ...WANTED, user })).toEqual({
      kind: 'too-small',
      model: 'ntag213',
      userBytes: 144,
    });
    const whole = { ...WANTED, user: user.slice(0, 144) };
    expect(await personalise(rig.reader, whole)).toMatchObject({ kind: 'ok' });
    expect(pages(rig.chip, 4, 39)).toEqual(whole.user);
  });

  it('writes nothing to another chip than the one it was made for', async () => {
    const rig = await blankRig();
    const log = logged(rig.reader);
    expect(await personalise(log.reader, { ...WANTED, uid: '04ffffffffffff' })).toEqual({ kind: 'removed' });
    expect(log.scripts).toEqual([]);
  });

  it('writes nothing more once another chip has taken its place', async () => {
    const rig = await blankRig();
    const next = await blankRig();
    const swapping = answering(rig.reader, async (script, run) => {
      const result = await run(script);
      await rig.reader.remove();
      await rig.reader.present(next.chip);
      return result;
    });
    const before = next.chip.image();
    expect(await personalise(swapping, WANTED)).toEqual({ kind: 'removed' });
    expect(next.chip.image()).toEqual(before);
  });

  it('works on a chip whose factory password was never changed only through the open door', async () => {
    const rig = await blankRig();
    expect(await personalise(rig.reader, { ...WANTED, ...FACTORY })).toMatchObject({ kind: 'ok' });
  });

  it.each([
    ['no user bytes', { user: new Uint8Array(0) }],
    ['half a page', { user: new Uint8Array(6) }],
    ['a short password', { pwd: new Uint8Array(3) }],
    ['a long PACK', { pack: new Uint8Array(4) }],
  ])('refuses %s', async (_, wrong) => {
    const rig = await blankRig();
    await expect(personalise(rig.reader, { ...WANTED, ...wrong })).rejects.toMatchObject({
      code: 'personalisation-invalid',
    });
  });
});

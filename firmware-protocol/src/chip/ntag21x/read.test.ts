import { describe, expect, it } from 'vitest';
import {
  answering,
  blankRig,
  logged,
  OTHER,
  pages,
  personalisedRig,
  SECRET,
  UID,
  USER,
} from '../../../test/ntag21x-rig.ts';
import type { ScriptStop } from '../../reader/reader.ts';
import { readChip } from './read.ts';

describe('reading a chip', () => {
  it.each(['ntag213', 'ntag215', 'ntag216'] as const)(
    'gives the immutable block and both slots of an %s in one script of two exchanges',
    async model => {
      const { reader } = await personalisedRig(model);
      const log = logged(reader);
      expect(await readChip(log.reader, [SECRET])).toEqual({
        kind: 'ok',
        chip: { uid: UID, presence: 2 },
        secret: 0,
        immutable: USER.slice(0, 24),
        slots: [USER.slice(24, 44), USER.slice(44, 64)],
      });
      expect(log.scripts.map(script => script.length)).toEqual([2]);
    },
  );

  it('tries the next password when the first is refused, and says which it was', async () => {
    const { reader } = await personalisedRig();
    expect(await readChip(reader, [OTHER, SECRET])).toMatchObject({ kind: 'ok', secret: 1 });
  });

  it('calls a factory chip blank, and says what it holds', async () => {
    const { reader, chip } = await blankRig('ntag215');
    expect(await readChip(reader, [SECRET])).toEqual({
      kind: 'blank-chip',
      model: 'ntag215',
      user: pages(chip, 4, 19),
    });
  });

  it('calls a chip foreign that is protected with another password', async () => {
    const { reader } = await personalisedRig();
    expect(await readChip(reader, [OTHER])).toEqual({ kind: 'foreign', reason: 'password' });
  });

  it('calls a chip foreign that takes the password and answers with a wrong PACK', async () => {
    const { reader } = await personalisedRig();
    const outcome = await readChip(reader, [{ pwd: SECRET.pwd, pack: OTHER.pack }]);
    expect(outcome).toEqual({ kind: 'foreign', reason: 'pack' });
  });

  it('never shuts a wristband out, however often a wrong password is tried', async () => {
    const { reader } = await personalisedRig();
    for (let attempt = 0; attempt < 200; attempt++) await readChip(reader, [OTHER]);
    expect(await readChip(reader, [SECRET])).toMatchObject({ kind: 'ok' });
  });

  it('calls a chip wrong that is no NTAG21x, by its version or by having none', async () => {
    const { reader } = await blankRig();
    const refused = Uint8Array.of(0);
    const version = Uint8Array.of(0, 4, 3, 1, 1, 0, 0x0b, 3);
    const ultralight = answering(reader, async script =>
      script[0]?.bytes[0] === 0x60
        ? { answers: [version, USER] }
        : { answers: [refused], stopped: 'mismatch' },
    );
    expect(await readChip(ultralight, [SECRET])).toEqual({ kind: 'wrong-chip', version });
    const older = answering(reader, async () => ({ answers: [refused], stopped: 'mismatch' }));
    expect(await readChip(older, [SECRET])).toEqual({ kind: 'wrong-chip' });
  });

  it('says when fewer bytes came than must', async () => {
    const { reader } = await personalisedRig();
    const answer = USER.slice(0, 60);
    const short = answering(reader, async () => ({ answers: [SECRET.pack, answer], stopped: 'mismatch' }));
    expect(await readChip(short, [SECRET])).toEqual({ kind: 'short-answer', expectedBytes: 64, answer });
  });

  it.each([
    ['PACK', 0],
    ['the purse', 1],
  ])('asks once more when noise ate %s', async (_, atExchange) => {
    const { reader } = await personalisedRig();
    reader.arm({ kind: 'bit-error', atExchange, bit: 3 });
    expect(await readChip(reader, [SECRET])).toMatchObject({ kind: 'ok' });
  });

  it('says so when noise ate it twice', async () => {
    const { reader } = await personalisedRig();
    for (const atExchange of [1, 3]) reader.arm({ kind: 'bit-error', atExchange, bit: 77 });
    expect(await readChip(reader, [SECRET])).toEqual({
      kind: 'short-answer',
      expectedBytes: 64,
      answer: new Uint8Array(0),
    });
  });

  it('does not take noise for a refusal: a blank chip stays blank', async () => {
    for (const atExchange of [0, 1, 2]) {
      const { reader } = await blankRig();
      reader.arm({ kind: 'bit-error', atExchange, bit: 77 });
      expect(await readChip(reader, [SECRET])).toMatchObject({ kind: 'blank-chip' });
    }
  });

  it('takes silence in place of a NAK for a refusal, as PC/SC readers give it', async () => {
    const { reader } = await personalisedRig();
    const mute = answering(reader, async (script, run) => {
      const result = await run(script);
      const answers = result.answers.map(answer => (answer.length === 1 ? new Uint8Array(0) : answer));
      return { ...result, answers };
    });
    expect(await readChip(mute, [OTHER])).toEqual({ kind: 'foreign', reason: 'password' });
    expect(await readChip(mute, [OTHER, SECRET])).toMatchObject({ kind: 'ok', secret: 1 });
    const older = answering(reader, async () => ({ answers: [new Uint8Array(0)], stopped: 'mismatch' }));
    expect(await readChip(older, [SECRET])).toEqual({ kind: 'wrong-chip' });
  });

  it.each([
    ['removed', 'removed'],
    ['reader', 'reader-down'],
  ] as const)('ends as it must when the script stops with %s, at any place', async (stopped, kind) => {
    for (let exchanges = 0; exchanges < 5; exchanges++) {
      const { reader } = await personalisedRig();
      const secrets = exchanges < 2 ? [SECRET] : [OTHER];
      const atExchange = exchanges < 2 ? exchanges : exchanges - 2;
      reader.arm({ kind: stopped === 'removed' ? 'removed' : 'unplugged', atExchange });
      expect(await readChip(reader, secrets)).toEqual({ kind });
    }
  });

  it('sends nothing to an empty or broken reader', async () => {
    const { reader } = await personalisedRig();
    const log = logged(reader);
    await reader.remove();
    expect(await readChip(log.reader, [SECRET])).toEqual({ kind: 'removed' });
    reader.unplug();
    expect(await readChip(log.reader, [SECRET])).toEqual({ kind: 'reader-down' });
    expect(log.scripts).toEqual([]);
  });

  it('does not go on with a chip that has taken the other’s place meanwhile', async () => {
    const rig = await personalisedRig();
    const swapped = answering(rig.reader, async (script, run) => {
      const result = await run(script);
      await rig.reader.remove();
      await rig.reader.present(rig.chip);
      return result;
    });
    const log = logged(swapped);
    expect(await readChip(log.reader, [OTHER, SECRET])).toEqual({ kind: 'removed' });
    expect(log.scripts).toHaveLength(1);
  });

  it('needs a password to try', async () => {
    const { reader } = await personalisedRig();
    await expect(readChip(reader, [])).rejects.toMatchObject({ code: 'chip-password-missing' });
  });

  it.each(['removed', 'reader'] satisfies ScriptStop[])(
    'passes %s on from the second script too',
    async stopped => {
      const { reader } = await blankRig();
      let scripts = 0;
      const failing = answering(reader, async (script, run) =>
        scripts++ === 0 ? await run(script) : { answers: [], stopped },
      );
      const kind = stopped === 'reader' ? 'reader-down' : 'removed';
      expect(await readChip(failing, [SECRET])).toEqual({ kind });
    },
  );
});

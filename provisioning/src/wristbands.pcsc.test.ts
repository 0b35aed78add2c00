import { join } from 'node:path';
import { missingForPcsc, PrivatePcscd } from '@pulsera/edge-node/device/virtual/pcscd';
import { VpcdField } from '@pulsera/edge-node/device/virtual/vpcd-field';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN, openSite, type Site } from '../test/site.ts';
import { openNotes } from './notes.ts';

const missing = missingForPcsc();
if (missing !== undefined && process.env.CI) throw new Error(`PC/SC can't be tested: missing ${missing}`);
if (missing !== undefined)
  console.warn(`NOT TESTED: wristbands at a reader of a real pcscd; missing ${missing}`);

/** pcscd looks every 400 ms: a card that comes sooner passes for the one that left. */
const POLL_MS = 900;
const pause = () => new Promise(resolve => setTimeout(resolve, POLL_MS));

describe.skipIf(missing !== undefined)('wristbands at a reader of a real pcscd', () => {
  let site: Site;
  let pcscd: PrivatePcscd;
  let field: VpcdField;
  let folder: string;
  beforeAll(async () => {
    site = await openSite();
    folder = site.folder();
    const enrol = ['enrol', '--data-dir', folder, '--cloud', site.cloud.url, '--name', 'Encoding'];
    expect(await site.type([...enrol, '--code', await site.code()])).toMatchObject({ code: 0 });
    pcscd = new PrivatePcscd(1);
    await pcscd.start();
    field = new VpcdField(pcscd.ports[0] ?? 0);
  });
  afterAll(async () => {
    await field?.remove();
    await pcscd?.close();
    await site?.[Symbol.asyncDispose]();
  });

  it('are made one after the other; a torn one is held there again, a strange one put aside', async () => {
    const [first, second] = [new VirtualChip('04000000000001'), new VirtualChip('04000000000002')];
    const strange = new VirtualChip('04000000000003');
    // Its lock bits are set for good: OTP at page 2.
    const locked = strange.image();
    locked.memory.set([0xff, 0xff], 2 * 4 + 2);
    strange.restore(locked);

    /** What the technician does when a line says so; each once, in this order. */
    const moves: [RegExp, () => Promise<void>][] = [
      [
        /hold the next wristband there/,
        async () => {
          field.tearAt(9, { programmed: 2 });
          await field.present(first);
        },
      ],
      [/04000000000001 {2}taken away too soon/, () => field.present(first)],
      [/04000000000001 {2}made/, () => field.present(strange)],
      [/04000000000003 {2}put it aside/, () => field.present(second)],
    ];
    const told = (line: string): void => {
      const [wanted, move] = moves[0] ?? [];
      if (wanted === undefined || !wanted.test(line)) return;
      moves.shift();
      void field.remove().then(pause).then(move);
    };
    const typed = await site.type(
      ['wristbands', '--data-dir', folder, '--count', '2', '--reader', 'Virtual PCD 0 00 00'],
      { env: { PULSERA_ADMIN_TOKEN: ADMIN_TOKEN }, told },
    );
    expect(typed).toMatchObject({ code: 0, err: [] });
    expect(typed.out.slice(-2)).toEqual([
      '2 made, 1 put aside, 1 had to be held there again.',
      `2 reported to ${site.cloud.url}.`,
    ]);
    expect(moves).toEqual([]);
    const { tenantId, eventId } = site.festival;
    const notes = openNotes(join(folder, 'wristbands.jsonl'), { tenantId, eventId });
    expect([notes.waiting(), notes.unfinished()]).toEqual([[], []]);
    notes.close();
  });
});

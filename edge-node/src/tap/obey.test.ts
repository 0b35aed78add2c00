/** A block that arrives while its wristband is at a reader. */
import type { Seq } from '@pulsera/firmware-protocol/ids';
import type { Step } from '@pulsera/firmware-protocol/reader/reader';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Bar, GENERATION } from '../../test/bar-sample.ts';
import { SampleCloud, uidOf, walletOf } from '../../test/journal-sample.ts';

let bar: Bar;
let cloud: SampleCloud;
beforeEach(() => {
  bar = new Bar();
  cloud = new SampleCloud();
});
afterEach(() => bar.close());

const block = () =>
  cloud.write({
    kind: 'blocked',
    body: { uid: uidOf(1), wallet: walletOf(1), generation: GENERATION, reason: 'lost' },
  });
const kinds = () => bar.entries().map(({ kind }) => kind);

/** Does something as soon as the wristband is being written to. */
function onWrite(then: () => void): void {
  const reader = bar.reader();
  const run = reader.run.bind(reader);
  reader.run = async (script: readonly Step[]) => {
    if (script.some(({ bytes }) => bytes[0] === 0xa2)) {
      then();
      for (let i = 0; i < 8; i++) await new Promise(resolve => setImmediate(resolve));
    }
    return run(script);
  };
}

it('is obeyed behind the tap that was under way, so that nothing is written behind it', async () => {
  const chip = await bar.band(1, { balanceMinor: 2000 });
  let obeyed: Promise<Seq> | undefined;
  onWrite(() => {
    obeyed ??= bar.desk.obey(block().batch());
  });
  expect(await bar.charge(1, chip)).toMatchObject({ outcome: 'approved' });
  expect(await obeyed).toBe(1);
  expect(kinds().slice(-3)).toEqual(['tap', 'settlement', 'cloud-cursor']);
  expect(await bar.charge(2, chip)).toMatchObject({ outcome: 'declined', reason: 'chip-blocked' });
});

it('is not held up by other wristbands', async () => {
  const chip = await bar.band(2, { balanceMinor: 2000 });
  let obeyed: Promise<Seq> | undefined;
  onWrite(() => {
    obeyed ??= bar.desk.obey(block().batch());
  });
  expect(await bar.charge(1, chip)).toMatchObject({ outcome: 'approved' });
  expect(await obeyed).toBe(1);
  expect(kinds().slice(-3)).toEqual(['tap', 'cloud-cursor', 'settlement']);
});

it('what can’t be read is for the journal to refuse', async () => {
  const batch = { ...block().batch(), contents: [Uint8Array.of(0x80)] };
  await expect(bar.desk.obey(batch)).rejects.toMatchObject({ code: 'cloud-journal-broken' });
});

import { toHex } from '@pulsera/firmware-protocol/bytes';
import type { TapRef } from '@pulsera/firmware-protocol/ids';
import { EMPTY_GRAPH, type Fact, settle } from '@pulsera/firmware-protocol/purse/graph';
import { sealImage } from '@pulsera/firmware-protocol/purse/image';
import { expect, test } from 'vitest';
import { Chip, testMac } from '../../test/chip.ts';
import { knownLoss } from './known-loss.ts';

const CREDITS = [
  { number: 1, mainMinor: 700, bonusMinor: 0 },
  { number: 2, mainMinor: 0, bonusMinor: 90 },
];
const chip = new Chip(1);
let nonce = 0;
/** An image that holds that much; each is another one. */
function image(counter: number, balanceMinor: number, bonusMinor = 0, creditNumber = 0): string {
  const { keySet } = chip.current().image;
  const fields = { counter, nonce: ++nonce, balanceMinor, bonusMinor, creditNumber, keySet };
  return toHex(sealImage(fields, chip, testMac));
}

/** Writes along one branch, each posted. */
function branch(box: number, images: readonly string[]): Fact[] {
  return images.slice(1).flatMap((after, i): Fact[] => {
    const ref = { box, epoch: 1, seq: i + 1 } as TapRef;
    return [
      { kind: 'write', ref, before: images[i] ?? null, after },
      { kind: 'told', ref, outcome: 'posted' },
    ];
  });
}
const loss = (before: string, ...branches: (readonly Fact[])[]) =>
  knownLoss(settle(EMPTY_GRAPH, branches.flat()).graph, before, CREDITS);

test('the branch that spent least is the guest’s own: what the other spent and still holds is lost at most', () => {
  const before = image(1, 5000);
  const own = branch(1, [before, image(2, 4700)]);
  const other = branch(2, [before, image(2, 4000, 500), image(3, 2500, 500)]);
  expect(loss(before, own, other)).toEqual({ spentMinor: 2000, leftMinor: 3000 });
  expect(loss(before, other, own)).toEqual({ spentMinor: 2000, leftMinor: 3000 });
});

test('of branches that spent alike the one that holds least is the guest’s own', () => {
  const before = image(1, 1000);
  const [poor, rich] = [
    branch(1, [before, image(2, 800)]),
    branch(2, [before, image(2, 800), image(3, 3000)]),
  ];
  expect(loss(before, rich, poor)).toEqual({ spentMinor: 200, leftMinor: 3000 });
});

test('money that was loaded is not spent, and every copy beside the guest’s own counts', () => {
  const before = image(1, 1000);
  const branches = [300, 500, 900].map((balanceMinor, i) => branch(i + 1, [before, image(2, balanceMinor)]));
  expect(loss(before, ...branches)).toEqual({ spentMinor: 700 + 500, leftMinor: 300 + 500 });
});

test('credit that a copy loaded and spent in one write is spent', () => {
  const before = image(1, 1000);
  const [own, other] = [branch(1, [before, image(2, 950)]), branch(2, [before, image(2, 1000, 40, 2)])];
  expect(loss(before, own, other)).toEqual({ spentMinor: 700 + 90 - 40, leftMinor: 1040 });
});

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TillId } from '@pulsera/firmware-protocol/ids';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { scratch } from '../test/journal-sample.ts';
import type { Revocation } from './broker/revocation.ts';
import { addRevocation, readRevocations, watchRevocations } from './revocations.ts';

const LOST: Revocation = { terminalId: 'bar-1' as TillId };
const OLD: Revocation = { serial: '4ac0ffee' };

let place: ReturnType<typeof scratch>;
let file: string;
beforeEach(() => {
  place = scratch();
  file = join(place.dir, 'revoked.json');
});
afterEach(() => place.remove());

test('who was revoked stays so', () => {
  expect(readRevocations(file)).toEqual([]);
  addRevocation(file, LOST);
  addRevocation(file, OLD);
  expect(readRevocations(file)).toEqual([LOST, OLD]);
});

test.each(['', '{}', '[{"terminalId":"Bar 1"}]', '[{"serial":"4a","why":"lost"}]'])(
  'a list that reads %j lets nobody in rather than everybody',
  text => {
    writeFileSync(file, text);
    expect(() => readRevocations(file)).toThrow(expect.objectContaining({ code: 'revocations-damaged' }));
  },
);

describe('a running box', () => {
  let added: Revocation[];
  let faults: unknown[];
  let stop: () => void = () => {};
  const watch = (known = readRevocations(file)) => {
    stop = watchRevocations(
      file,
      known,
      revocation => void added.push(revocation),
      error => void faults.push(error),
    );
  };
  const heard = (...all: Revocation[]) => vi.waitFor(() => expect(added).toEqual(all), { timeout: 10_000 });
  beforeEach(() => {
    [added, faults] = [[], []];
  });
  afterEach(() => stop());

  test('hears of what another process adds, once each', async () => {
    addRevocation(file, LOST);
    watch();
    addRevocation(file, OLD);
    await heard(OLD);
    addRevocation(file, LOST);
    await heard(OLD, LOST);
  });

  test('hears of what was added while it started, behind its own reading of the list', async () => {
    addRevocation(file, LOST);
    const known = readRevocations(file);
    addRevocation(file, OLD);
    watch(known);
    await heard(OLD);
  });

  test('hears of the first there is', async () => {
    watch();
    addRevocation(file, LOST);
    await heard(LOST);
  });

  test('says once that a list can not be read, and goes on when it can', async () => {
    writeFileSync(file, '{');
    watch([]);
    await vi.waitFor(() => expect(faults).toHaveLength(1), { timeout: 10_000 });
    rmSync(file);
    addRevocation(file, LOST);
    await heard(LOST);
    expect(faults).toHaveLength(1);
  });
});

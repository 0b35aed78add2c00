import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TillId } from '@pulsera/firmware-protocol/ids';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
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

test('a running box hears of what another process adds, once each', async () => {
  const added: Revocation[] = [];
  addRevocation(file, LOST);
  const stop = watchRevocations(
    file,
    readRevocations(file),
    revocation => added.push(revocation),
    () => {},
  );
  addRevocation(file, OLD);
  await vi.waitFor(() => expect(added).toEqual([OLD]), { timeout: 10_000 });
  stop();
});

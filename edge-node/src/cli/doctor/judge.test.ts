import { describe, expect, it } from 'vitest';
import type { PcscState } from '../../device/pcsc/station.ts';
import { judgeClock } from './cloud.ts';
import { checkDisk, judge as judgeDisk } from './disk.ts';
import { judgeWrapping } from './keys.ts';
import { duration } from './look.ts';
import { judge as judgeReader } from './readers.ts';

const READER = { kind: 'pcsc', name: 'left', till: 'bar-1' } as Parameters<typeof judgeReader>[0];
const UP = { name: 'ACS ACR122U', isUp: true };
const DOWN = { name: 'PC/SC reader', isUp: false };

describe('a reader', () => {
  it.each<[PcscState, typeof UP, string, string | null]>([
    [{ kind: 'up', readers: ['ACS ACR122U'] }, UP, 'ACS ACR122U is up, for bar-1', null],
    [{ kind: 'up', readers: [] }, DOWN, 'not found (no reader is plugged in)', 'Plug a PC/SC reader in'],
    [{ kind: 'up', readers: ['Gem'] }, DOWN, 'not found (plugged in: Gem)', 'correct "match"'],
    [
      { kind: 'service-down' },
      DOWN,
      'pcscd is not running',
      'apt-get install pcscd && systemctl enable --now pcscd.socket',
    ],
    [
      { kind: 'driver-missing', message: "Cannot find package 'nfc-pcsc'" },
      DOWN,
      "its driver does not load: Cannot find package 'nfc-pcsc'",
      'apt-get install build-essential python3 libpcsclite-dev pcscd && bash scripts/rebuild-pcsc.sh',
    ],
    [{ kind: 'crashed', message: 'stuck' }, DOWN, 'its driver ended: stuck', 'Unplug the reader'],
    [{ kind: 'starting' }, DOWN, 'its driver said nothing', 'systemctl restart pcscd'],
  ])('%o: %s', (state, found, says, cure) => {
    const check = judgeReader(READER, state, found);
    expect(check.found).toBe(says);
    expect(check.state).toBe(cure === null ? 'pass' : 'fail');
    if (cure === null) expect(check.cure).toBeNull();
    else expect(check.cure).toContain(cure);
  });
});

describe('the disk', () => {
  it.each([
    [50e9, 0.2, 'pass'],
    [1e9, 0.2, 'warn'],
    [100e6, 0.2, 'fail'],
    [50e9, 50, 'warn'],
    [50e9, 500, 'fail'],
  ])('with %d bytes free and %d ms a write: %s', (free, ms, state) => {
    const check = judgeDisk('/data', free, ms);
    expect(check.state).toBe(state);
    expect(check.cure === null).toBe(state === 'pass');
  });

  it.each([
    ['ENOSPC', 'Free 2.0 GB on the disk of /data'],
    ['EACCES', 'Make /data a folder that this user may write in'],
  ])('that answers %s is cured by that', (code, cure) => {
    const syncMs = () => {
      throw Object.assign(new Error(code), { code });
    };
    expect(checkDisk('/data', { freeBytes: () => 0, syncMs })).toMatchObject({
      state: 'fail',
      cure: expect.stringContaining(cure),
    });
  });
});

describe('the clock', () => {
  it.each([
    [0, 'pass', 'as the cloud has it'],
    [-3_000, 'pass', 'as the cloud has it'],
    [45_000, 'warn', '45 s behind the cloud'],
    [-2 * 3_600_000, 'fail', '2 h ahead of the cloud'],
    [undefined, 'warn', 'the cloud told no time'],
  ])('%s ms: %s', (aheadMs, state, found) => {
    expect(judgeClock(aheadMs)).toMatchObject({ state, found });
  });
});

it('claims no TPM, however the keys are wrapped', () => {
  for (const wrapping of ['passphrase', 'unwrapped'] as const) {
    expect(judgeWrapping(wrapping, 'WRAP').found).toContain('a TPM is not supported yet');
  }
  expect(judgeWrapping('unwrapped', 'WRAP')).toMatchObject({
    state: 'warn',
    cure: expect.stringContaining('then: WRAP'),
  });
});

it('says lengths of time as people do', () => {
  expect([3, 1_500, 61_000, 7_200_000, 260_000_000].map(duration)).toEqual([
    '3 ms',
    '1500 ms',
    '61 s',
    '2 h',
    '3 d',
  ]);
});

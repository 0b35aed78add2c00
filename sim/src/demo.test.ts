/** The demo as a newcomer runs it: a process of its own, with its exit code, its lines, its report, and what Ctrl-C leaves behind. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { openPool } from '@pulsera/cloud-api/database/pool';
import { missingForPcsc, PrivatePcscd } from '@pulsera/edge-node/device/virtual/pcscd';
import { VpcdField } from '@pulsera/edge-node/device/virtual/vpcd-field';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { expect, test, vi } from 'vitest';
import { folderOf, QUIET, ROOT, remainsOf, scratchFile, startDemo, useDemos } from '../test/demo-process.ts';
import { readArchive } from './audit/archive.ts';

const SMALL = ['--seconds', '15', '--guests', '30', '--tills', '4'];
/** Somebody taps by hand, and pcscd looks at its readers now and then. */
const LONGER = ['--seconds', '18', '--guests', '20', '--tills', '4'];
const SHORT = ['--seconds', '12', '--guests', '20', '--tills', '4'];

useDemos();

const run = promisify(execFile);

test('a small evening holds, in plain lines, reports in JSON, and names its data and the line that audits it again', async () => {
  const file = scratchFile('report.json');
  const { pid, said, ended } = startDemo(...SMALL, '--report', file, '--seed', '7');
  expect({ code: await ended, err: said.err }).toEqual({ code: 0, err: '' });
  expect(said.out).not.toContain('\u001b');
  expect(said.out).toMatch(/the cable of box 1 is cut/);
  expect(said.out).toMatch(/both copies are held out again: chip-blocked, chip-blocked/);

  const report = JSON.parse(readFileSync(file, 'utf8'));
  expect(report).toMatchObject({ options: { seed: 7, guests: 30, tills: 4 }, faults: expect.any(Object) });
  expect(report.approved).toBeGreaterThan(0);
  expect(report.declined['chip-blocked']).toBeGreaterThanOrEqual(2);
  expect(report.checks.every((check: { holds: boolean }) => check.holds)).toBe(true);

  expect(said.out).toContain(`Data: ${relative(ROOT, folderOf(pid))}`);
  const again = /npm run audit -- (\S+) --closed/.exec(said.out)?.[1] ?? '';
  expect(existsSync(join(ROOT, again))).toBe(true);
  await run(process.execPath, [QUIET, 'sim/src/audit/main.ts', again, '--closed'], { cwd: ROOT });
  expect(remainsOf(pid)).toEqual([]);

  const spoilt = scratchFile('spoilt.cbor.gz');
  const items = gunzipSync(readFileSync(join(ROOT, again)));
  // Somewhere in the middle: an entry's bytes, as nearly all are.
  const at = Math.floor(items.length / 2);
  items[at] = (items[at] ?? 0) ^ 1;
  writeFileSync(spoilt, gzipSync(items));
  const audited = run(process.execPath, [QUIET, 'sim/src/audit/main.ts', spoilt, '--closed'], { cwd: ROOT });
  await expect(audited).rejects.toMatchObject({ code: 1 });
}, 120_000);

/** What somebody could change who has got into the cloud's database. */
async function spoilBooks(pid: number): Promise<number> {
  const postgres = join(folderOf(pid), 'cloud/postgres');
  const password = readFileSync(join(postgres, 'password'), 'utf8').trim();
  // Line 4 of postmaster.pid is the port.
  const port = readFileSync(join(postgres, 'data/postmaster.pid'), 'utf8').split('\n')[3]?.trim();
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const pool = openPool({ url, connections: 1, onIdleError: () => undefined });
  try {
    const spoil = `UPDATE balance SET amount_minor = amount_minor - 1 WHERE account LIKE 'revenue:%'`;
    return (await pool.query(spoil)).rowCount ?? 0;
  } finally {
    await pool.end();
  }
}

test('a cent too much in the books of one stand ends the demo with exit code 1, and is named', async () => {
  const { pid, said, ended } = startDemo(...SHORT);
  await vi.waitFor(() => expect(said.out).toMatch(/the cables are mended/), {
    timeout: 90_000,
    interval: 50,
  });
  expect(await spoilBooks(pid)).toBeGreaterThan(0);
  expect({ code: await ended, err: said.err }).toEqual({ code: 1, err: '' });
  expect(said.out).toMatch(/FAILED: Account totals are those of the entries/);
  expect(said.out).not.toContain('Everything holds.');
  expect(said.out).toContain(`Data: ${relative(ROOT, folderOf(pid))}`);
}, 120_000);

test('another catalogue is sold from, down to a stand that only takes cups back', async () => {
  const csv = scratchFile('tent.csv');
  const rows = [
    'product,name,stand,price,deposit,tax_rate',
    'tea,"Tea, black",a-tent-with-quite-a-long-name-31,2.5,1,10',
    'magnum,Magnum,a-tent-with-quite-a-long-name-31,480,0,20',
    'tap-water,Tap water,a-tent-with-quite-a-long-name-31,0,0,0',
    'cup,Cup back,cups,0,-1.00,0',
    'mug,Mug back,cups,0,-2.00,0',
  ];
  writeFileSync(csv, `\uFEFF${rows.join('\r\n')}\r\n`);
  const { pid, said, ended } = startDemo(...SHORT, '--catalogue', csv);
  expect({ code: await ended, err: said.err }, said.out).toEqual({ code: 0, err: '' });
  const accounts: string[] = [];
  const archive = /npm run audit -- (\S+) --closed/.exec(said.out)?.[1] ?? '';
  for await (const item of readArchive(join(ROOT, archive)))
    if (item.type === 'balance') accounts.push(item.account);
  expect(accounts.filter(account => account.startsWith('revenue:'))).toEqual([
    'revenue:a-tent-with-quite-a-long-name-31',
  ]);
  expect(remainsOf(pid)).toEqual([]);
}, 120_000);

test.each([
  ['an option there is not', ['--gests', '5'], 2, /--gests/],
  ['a report that can not be written', ['--report', '/proc/report.json'], 2, /^--report: /],
  [
    'everything that is wrong with a catalogue',
    ['--catalogue', 'bad.csv'],
    1,
    /^catalogue-invalid: .*\nline 3: price: .*\nline 4: .*6 fields\nbeer stands there more than once\n$/,
  ],
  ['a catalogue that is not there', ['--catalogue', 'none.csv'], 1, /^catalogue-invalid: .*none\.csv/],
])(
  '%s is told before anything starts',
  async (_, [option = '', value = ''], code, told) => {
    const header = 'stand,product,name,price,tax_rate,deposit';
    writeFileSync(
      scratchFile('bad.csv'),
      `${header}\nbar,beer,Beer,5.00,20,0\nbar,wine,Wine,cheap,20,0\nbar,tea,Tea\nbar,beer,Beer,5,20,0\n`,
    );
    const { pid, said, ended } = startDemo(
      ...SMALL,
      option,
      value.endsWith('.csv') ? scratchFile(value) : value,
    );
    expect(await ended).toBe(code);
    expect(said.err).toMatch(told);
    expect(existsSync(folderOf(pid))).toBe(false);
  },
  30_000,
);

const missing = missingForPcsc();
if (missing !== undefined) {
  if (process.env.CI) throw new Error(`Ctrl-C of the demo through pcscd can't be tested: missing ${missing}`);
  console.warn(`NOT TESTED: Ctrl-C of the demo through pcscd; missing ${missing}`);
}
const MOMENTS: readonly (readonly [name: string, line: RegExp, readers: 'virtual' | 'pcsc'])[] = [
  ['while PostgreSQL is made', /starting the cloud/, 'virtual'],
  ['while the boxes enrol', /enrolling two boxes/, 'virtual'],
  ['in the evening', /guests have topped up/, 'virtual'],
  ['in an evening at real PC/SC readers', /guests have topped up/, 'pcsc'],
];

test.each(MOMENTS.filter(([, , readers]) => readers === 'virtual' || missing === undefined))(
  'Ctrl-C %s leaves no process behind',
  async (_, moment, readers) => {
    const { pid, said, ended } = startDemo(...SMALL, '--readers', readers);
    await vi.waitFor(() => expect(said.out).toMatch(moment), { timeout: 60_000, interval: 20 });
    expect(remainsOf(pid).length).toBeGreaterThan(0);
    process.kill(-pid, 'SIGINT');
    expect(await ended).toBe(130);
    await vi.waitFor(() => expect(remainsOf(pid)).toEqual([]), { timeout: 20_000, interval: 100 });
  },
  120_000,
);

test.skipIf(missing !== undefined)(
  'at the readers of a pcscd that runs already, blanks in a hand become wristbands, load and pay, and the books hold',
  async () => {
    const pcscd = new PrivatePcscd(1);
    await pcscd.start();
    const field = new VpcdField(pcscd.ports[0] ?? 0);
    try {
      const unconfirmed = startDemo(...SHORT, '--readers', 'pcsc');
      expect(await unconfirmed.ended).toBe(1);
      expect(unconfirmed.said.err).toMatch(
        /^wristbands-unconfirmed: .*--write-wristbands.*Virtual PCD 0 00 00/,
      );
      expect(existsSync(folderOf(unconfirmed.pid))).toBe(false);

      const { said, ended } = startDemo(...LONGER, '--readers', 'pcsc', '--write-wristbands', '2');
      const person = holdOut(said, field);
      expect({ code: await ended, err: said.err }, said.out).toEqual({ code: 0, err: '' });
      await person.stop();
      expect(said.out).toMatch(/04000000000001: made\n.* 1 to go\n… 04000000000002: made\n/);
      expect(said.out).toMatch(/Virtual PCD 0 00 00: approved, 20\.00 EUR on the wristband/);
      expect(said.out).toMatch(
        /Virtual PCD 0 00 00: hold a wristband there: Still water 50 cl for 2\.00 EUR/,
      );
      expect(said.out).toMatch(/Virtual PCD 0 00 00: approved, 18\.00 EUR on the wristband/);
    } finally {
      await field.remove();
      await pcscd.close();
    }
  },
  180_000,
);

test.skipIf(missing !== undefined)(
  'where no reader is there to write to, nothing starts',
  async () => {
    const { pid, said, ended } = startDemo(...SHORT, '--readers', 'pcsc', '--write-wristbands', '1');
    expect(await ended).toBe(1);
    expect(said.err).toMatch(/^pcsc-reader-missing: Start pcscd/);
    expect(existsSync(folderOf(pid))).toBe(false);
  },
  30_000,
);

/** A person who does what the lines say, at the first reader: blanks one after the other, then always the first wristband, once too short. */
function holdOut(said: { readonly out: string }, field: VpcdField): { stop(): Promise<void> } {
  const chips = ['04000000000001', '04000000000002'].map(uid => new VirtualChip(uid));
  let [read, made, asked] = [0, 0, 0];
  let isOver = false;
  const heed = async (line: string) => {
    if (/: made$/.test(line)) made++;
    if (/: made$|PCD 0 00 00: (?:approved|declined|take)/.test(line)) await field.remove();
    const isBlank = /hold a blank wristband to .*PCD 0 00 00/.test(line);
    const chip = chips[isBlank ? made : 0];
    if (!chip || !(isBlank || /PCD 0 00 00: hold (?:a|the same) wristband there/.test(line))) return;
    // pcscd looks every 400 ms: what comes sooner passes for the one that left.
    await pause(900);
    if (!isBlank && ++asked === 2) field.tearAt(2, { programmed: 2 });
    await field.present(chip);
  };
  const moving = (async () => {
    for (; !isOver; await pause(50)) {
      const lines = said.out.slice(read).split('\n');
      read = said.out.length - (lines.pop()?.length ?? 0);
      for (const line of lines) await heed(line);
    }
  })();
  return {
    async stop() {
      isOver = true;
      await moving;
    },
  };
}

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

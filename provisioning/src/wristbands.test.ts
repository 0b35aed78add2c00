import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { boxFiles } from '@pulsera/edge-node/box-files';
import { enrolBox } from '@pulsera/edge-node/cli/enrol';
import { openCredentials } from '@pulsera/edge-node/credentials';
import { ChipKeys, keySetFrom } from '@pulsera/edge-node/tap/keys';
import { ChipUid } from '@pulsera/firmware-protocol/ids';
import { openPurse } from '@pulsera/firmware-protocol/purse/purse';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ADMIN_TOKEN, boxPorts, configOf, openSite, type Site } from '../test/site.ts';
import { openNotes } from './notes.ts';
import { reportWristbands } from './report.ts';
import { loadVirtualChips } from './virtual/image-file.ts';
import { makeVirtualWristbands } from './virtual/wristbands.ts';

let site: Site;
let folder: string;
beforeAll(async () => {
  site = await openSite();
  folder = site.folder();
  const args = [
    'enrol',
    '--data-dir',
    folder,
    '--cloud',
    site.cloud.url,
    '--name',
    'Encoding',
    '--code',
    await site.code(),
  ];
  expect(await site.type(args)).toMatchObject({ code: 0 });
});
afterAll(() => site[Symbol.asyncDispose]());

const WITH_TOKEN = { env: { PULSERA_ADMIN_TOKEN: ADMIN_TOKEN } };
const place = () => ({ tenantId: site.festival.tenantId, eventId: site.festival.eventId });
const access = () => ({ url: site.cloud.url, adminToken: ADMIN_TOKEN });
const secrets = (dataDir: string) =>
  openCredentials(boxFiles(dataDir).vault, null, boxPorts.random).enrolment;

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

/** Resolves when so many more have been made than there were. */
async function grown(by: number): Promise<void> {
  const file = join(folder, 'wristbands.jsonl');
  const count = () => (existsSync(file) ? readFileSync(file, 'utf8').split('"made"').length : 1);
  const before = count();
  await vi.waitFor(() => expect(count()).toBeGreaterThanOrEqual(before + by), {
    timeout: 30_000,
    interval: 5,
  });
}

function notesNow(): { waiting: number; unfinished: number } {
  const notes = openNotes(join(folder, 'wristbands.jsonl'), place());
  notes.close();
  return { waiting: notes.waiting().length, unfinished: notes.unfinished().length };
}

async function registered(): Promise<number> {
  const { rows } = await site.cloud.database.asOwner('SELECT count(*)::int AS n FROM wristband');
  return Number(rows[0]?.n);
}

describe('a virtual batch', () => {
  it('is made by the process with the keys, saved, and reported once', async () => {
    const typed = await site.type(
      ['wristbands', '--data-dir', folder, '--virtual', '25', '--age-class', '16'],
      WITH_TOKEN,
    );
    expect(typed).toMatchObject({ code: 0, err: [] });
    expect(typed.out).toEqual(expect.arrayContaining(['25 made.', `25 reported to ${site.cloud.url}.`]));
    expect(await registered()).toBe(25);

    const chips = loadVirtualChips(join(folder, 'virtual-wristbands.jsonl'));
    expect(chips).toHaveLength(25);
    const { eventId, keySets } = secrets(folder);
    const keys = new ChipKeys(eventId, keySets.map(keySetFrom));
    for (const chip of chips) {
      const uid = ChipUid.parse(chip.uid);
      const purse = openPurse(chip.image().memory.slice(16, 80), uid, eventId, keys.of(uid).mac);
      expect(purse).toMatchObject({
        kind: 'purse',
        current: { counter: 0, balanceMinor: 0 },
        immutable: { ageClass: 16 },
      });
    }
  });

  it('lets no key out of that process: neither notes nor output hold one', async () => {
    const typed = await site.type(['wristbands', '--data-dir', folder, '--virtual', '2', '--no-report']);
    expect(typed.code).toBe(0);
    const { keySets } = secrets(folder);
    const notes = readFileSync(join(folder, 'wristbands.jsonl'), 'utf8');
    for (const { purse, access: gate, password } of keySets) {
      for (const key of [purse, gate, password]) expect([notes, ...typed.out].join()).not.toContain(key);
    }
  });

  it('waits for a token, and for a cloud, and is reported later', async () => {
    const before = await registered();
    const waiting = await site.type(['wristbands', '--data-dir', folder, '--virtual', '3']);
    expect(waiting.code).toBe(0);
    expect(waiting.err.join()).toMatch(/^Made 3, not reported: no organizer's token was given\. 5 wait /);
    expect(waiting.err.join()).toContain(`npm run provision -- wristbands --report --data-dir ${folder}`);
    const unable = await site.type(['wristbands', '--data-dir', folder, '--report']);
    expect(unable.code).toBe(1);
    expect(unable.err.join()).toMatch(/^admin-token-missing: 5 wait to be reported/);
    const refused = await site.type(['wristbands', '--data-dir', folder, '--report'], {
      env: { PULSERA_ADMIN_TOKEN: 'not-the-token-of-this-cloud' },
    });
    expect(refused.err[0]).toMatch(/^admin-token-missing: /);
    const reported = await site.type(['wristbands', '--data-dir', folder, '--report'], WITH_TOKEN);
    expect(reported).toMatchObject({ code: 0, err: [] });
    expect(await registered()).toBe(before + 5);
    const again = await site.type(['wristbands', '--data-dir', folder, '--report'], WITH_TOKEN);
    expect(again.out).toContain('Nothing waits to be reported.');
  });

  it('stopped in the middle keeps what was made, and reports it', async () => {
    const stop = new AbortController();
    const typed = site.type(['wristbands', '--data-dir', folder, '--virtual', '100000'], {
      ...WITH_TOKEN,
      signal: stop.signal,
    });
    await grown(20);
    stop.abort();
    const { code, out } = await typed;
    expect(code).toBe(0);
    const made = Number(/^(\d+) made\.$/m.exec(out.join('\n'))?.[1]);
    expect(made).toBeGreaterThanOrEqual(20);
    expect(notesNow()).toEqual({ waiting: 0, unfinished: 0 });
  });

  it('killed in the middle, the next run knows all that was made and which one may be half made', async () => {
    const before = await registered();
    const args = [MAIN, 'wristbands', '--data-dir', folder, '--virtual', '100000', '--no-report'];
    const killed = spawn(process.execPath, args, { stdio: 'ignore' });
    await grown(30);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const { waiting, unfinished } = notesNow();
    expect(waiting).toBeGreaterThanOrEqual(30);
    expect(unfinished).toBeLessThanOrEqual(1);
    const reported = await site.type(['wristbands', '--data-dir', folder, '--report'], WITH_TOKEN);
    expect(reported).toMatchObject({ code: 0, err: [] });
    expect(reported.out.join().includes('may be half made')).toBe(unfinished === 1);
    expect(await registered()).toBe(before + waiting);
    // Whatever was noted as made was saved before.
    const saved = new Set(loadVirtualChips(join(folder, 'virtual-wristbands.jsonl')).map(({ uid }) => uid));
    const notes = readFileSync(join(folder, 'wristbands.jsonl'), 'utf8').split('\n').slice(0, -1);
    const made = notes.map(line => JSON.parse(line)).filter(({ kind }) => kind === 'made');
    for (const { wristband } of made) expect(saved).toContain(wristband.uid);
  });

  it('needs a box: what is missing is said', async () => {
    const { code, err } = await site.type(['wristbands', '--data-dir', site.folder(), '--virtual', '1']);
    expect(code).toBe(1);
    expect(err[0]).toMatch(/^config-missing: Enrol this machine first/);
    const wrong = await site.type(['wristbands', '--virtual', 'many']);
    expect(wrong).toMatchObject({
      code: 2,
      err: ['arguments-invalid: Give --virtual as a whole number from 1 on.'],
    });
  });
});

describe('reporting', () => {
  it('takes aside what the cloud knows otherwise, and reports all the others', async () => {
    const own = site.folder();
    await enrolBox(
      configOf(own, site.cloud.url),
      null,
      { code: await site.code(), name: 'Second' },
      boxPorts,
    );
    const { eventId: event, keySets } = secrets(own);
    const [keySet] = keySets.map(keySetFrom);
    if (keySet === undefined) throw new Error('no key set');
    const made = (await makeVirtualWristbands(5, { event, keySet, random: boxPorts.random })).map(
      each => each.wristband,
    );
    const [first, second] = made;
    if (first === undefined || second === undefined) throw new Error('none made');
    expect(await reportWristbands(access(), place(), [first])).toEqual({
      registered: 1,
      known: 0,
      refused: [],
    });
    const forged = { ...first, wallet: second.wallet };
    const done: number[] = [];
    const report = await reportWristbands(
      access(),
      place(),
      [forged, ...made.slice(2)],
      taken => void done.push(taken.length),
    );
    expect(report).toMatchObject({ registered: 3, known: 0, refused: [{ uid: first.uid }] });
    expect(done).toEqual([3]);
    expect(await reportWristbands(access(), place(), made)).toEqual({ registered: 1, known: 4, refused: [] });
  });

  it('names why nobody answers', async () => {
    await expect(
      reportWristbands({ url: 'http://127.0.0.1:1', adminToken: 'x' }, place(), [
        {
          uid: '04'.repeat(7),
          wallet: '00'.repeat(8),
          generation: 1,
          ageClass: 0,
          keySet: 1,
          rootImage: '00'.repeat(20),
        } as never,
      ]),
    ).rejects.toThrow('nothing listens at that address and port');
  });
});

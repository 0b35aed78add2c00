import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Box, startBox } from '@pulsera/edge-node/box';
import { boxFiles } from '@pulsera/edge-node/box-files';
import { enrolBox } from '@pulsera/edge-node/cli/enrol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { boxPorts, configOf, openSite, type Site } from '../test/site.ts';

let site: Site;
const closing: (() => unknown)[] = [];
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site[Symbol.asyncDispose]());
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const PASSPHRASE = { PULSERA_EDGE_PASSPHRASE: 'tea' };

async function enrolled(passphrase: string | null = 'tea'): Promise<{ folder: string; boxId: number }> {
  const folder = site.folder();
  const order = { code: await site.code(), name: 'Main bar' };
  const { boxId } = await enrolBox(configOf(folder, site.cloud.url), passphrase, order, boxPorts);
  writeFileSync(
    boxFiles(folder).config,
    JSON.stringify({ cloud: { url: site.cloud.url }, logLevel: 'silent' }),
  );
  return { folder, boxId };
}

async function started(folder: string): Promise<{ box: Box; env: Record<string, string> }> {
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const config = { ...configOf(folder, site.cloud.url), mqtt: { host: '127.0.0.1', port: 0 }, healthPort: 0 };
  const box = await startBox(config, 'tea', { ...boxPorts, log });
  closing.push(() => box.close());
  return { box, env: { ...PASSPHRASE, PULSERA_EDGE_HEALTH_PORT: String(box.healthPort) } };
}

/** What differs from machine to machine, named. */
function steady(lines: readonly string[], folder: string): string {
  return (
    lines
      .join('\n')
      .replaceAll(folder, 'FOLDER')
      .replaceAll(site.cloud.url, 'CLOUD')
      .replace(/\d+(\.\d)? [GM]B free/, 'N GB free')
      .replace(/after [\d.]+ ms/, 'after N ms')
      .replace(/answers in \d+ ms/, 'answers in N ms')
      .replace(/here for \d+ \w+/, 'here for N s')
      .replace(/event \d+/, 'event N')
      .replace(/box \d+/, 'box N')
      .replace(/this box \(\d+\)/, 'this box (N)')
      .replace(/127\.0\.0\.1:\d+/g, 'HOST:PORT')
      .replace(/, \d+ entr(y|ies), /, ', N entries, ')
      // Its driver may not be built here; what is said then is looked at beside the check itself.
      .replace(/(FAIL +reader left +)[^\n]*\n( +-> )[^\n]*/, '$1TROUBLE\n$2CURE')
      .replaceAll(/ +$/gm, '')
  );
}

const doctor = async (folder: string, env: Record<string, string> = PASSPHRASE) => {
  const typed = await site.type(['doctor', '--data-dir', folder], { env });
  return { ...typed, text: steady(typed.out, folder) };
};

describe('doctor', () => {
  it('finds a running box well', async () => {
    const { folder } = await enrolled();
    const { env } = await started(folder);
    const { text, code, err } = await doctor(folder, env);
    expect(err).toEqual([]);
    expect(text).toMatchInlineSnapshot(`
      "  ok   settings         FOLDER/edge.json
        ok   key wrapping     by a boot passphrase (a TPM is not supported yet)
        ok   enrolment        box N of event N, with key set 1
        ok   disk             N GB free, a write is safe after N ms
        ok   journal          epoch 1, N entries, its end verified (the running box holds it; looked at beside it); all of it: npm run edge -- verify --data-dir FOLDER
        ok   cloud            CLOUD answers in N ms and knows this box (N)
        ok   clock            as the cloud has it
        ok   plan             version 1, here for N s; 2 stands, 3 products, 2 tills
        ok   broker           takes a till's certificate at HOST:PORT; 0 tills online
        ok   readers          none wired to this box: each till brings its own

      All is well."
    `);
    expect(code).toBe(0);
  });

  it('says of each thing that is wrong what to do', async () => {
    const { folder, boxId } = await enrolled(null);
    await site.cloud.call('POST', `${site.festival.path}/edges/${boxId}/revoke`);
    const readers = [
      { kind: 'pcsc', name: 'left', till: 'bar-1' },
      { kind: 'terminal', name: 'behind', till: 'bar-2' },
      { kind: 'virtual', name: 'training', till: 'bar-3' },
    ];
    const { text, code } = await doctor(folder, {
      PULSERA_EDGE_READERS: JSON.stringify(readers),
      // pcscd as it is when it was never started.
      PCSCLITE_CSOCK_NAME: join(folder, 'no-pcscd'),
    });
    expect(text).toMatchInlineSnapshot(`
      "  ok   settings         FOLDER/edge.json
       WARN  key wrapping     none: whoever takes this disk has the keys (a TPM is not supported yet)
                              -> Choose a boot passphrase, put it into PULSERA_EDGE_PASSPHRASE or a file named by "passphrase" in the settings, then: npm run edge -- wrap --data-dir FOLDER
        ok   enrolment        box N of event N, with key set 1
        ok   disk             N GB free, a write is safe after N ms
        ok   journal          epoch 1, N entries, its end verified; all of it: npm run edge -- verify --data-dir FOLDER
       FAIL  cloud            CLOUD answers in N ms and has revoked this box (N)
                              -> If that was a mistake, enrol this machine again: an empty data folder and a new code. What it sells from now on is quarantined.
        ok   clock            as the cloud has it
        ok   plan             version 1, here for N s; 2 stands, 3 products, 2 tills
       WARN  broker           the box is not running
                              -> Start it: npm run edge -- start --data-dir FOLDER
       FAIL  reader left      TROUBLE
                              -> CURE
        ok   reader behind    behind bar-2, which tells of it by itself
       WARN  reader training  virtual, for training at bar-3
                              -> Configure a real reader before guests come.

      2 things fail, 3 to look at, 7 are well."
    `);
    expect(code).toBe(1);
    for (const [i, line] of text.split('\n').entries()) {
      if (/^ (FAIL|WARN)/.test(line)) expect(text.split('\n')[i + 1]).toMatch(/^ +-> ./);
    }
  });

  it('is told of a clock that is wrong, and of a cloud that is ill', async () => {
    const { folder } = await enrolled();
    const cloud = await pretending((_, response) => {
      response.sendDate = false;
      response.writeHead(503, { date: new Date(Date.now() + 3_600_000).toUTCString() }).end('{}');
    });
    const { out, code } = await site.type(['doctor', '--data-dir', folder], {
      env: { ...PASSPHRASE, PULSERA_EDGE_CLOUD_URL: cloud },
    });
    expect(code).toBe(1);
    expect(out.join('\n')).toMatch(/FAIL\s+cloud .*but with status 503\n.*Tell whoever runs the cloud/);
    expect(out.join('\n')).toMatch(/FAIL\s+clock\s+60 min behind the cloud\n.*timedatectl set-ntp true/);
  });

  it('goes on without a cloud, with a shut vault, a damaged plan and a damaged journal', async () => {
    const { folder } = await enrolled();
    const away = { PULSERA_EDGE_CLOUD_URL: 'http://127.0.0.1:1' };
    const shut = await doctor(folder, away);
    expect(shut.text).toMatch(/FAIL\s+key wrapping\s+passphrase-needed\n.*Give the boot passphrase/);
    expect(shut.text).toMatch(
      /FAIL\s+cloud\s+nobody answers at .*\n.*Nothing listens at that address and port/,
    );
    expect(shut.text).toMatch(/ok\s+disk/);
    const wrong = await doctor(folder, { PULSERA_EDGE_PASSPHRASE: 'coffee' });
    expect(wrong.text).toMatch(/FAIL\s+key wrapping\s+passphrase-wrong/);
    writeFileSync(boxFiles(folder).plan, 'no plan');
    writeFileSync(boxFiles(folder).journal, 'no journal');
    const damaged = await doctor(folder);
    expect(damaged.text).toMatch(/FAIL\s+plan\s+cbor-malformed/);
    expect(damaged.text).toMatch(/FAIL\s+journal\s+journal-damaged\n.*Copy the file/);
    expect(damaged.code).toBe(1);
  });

  it('speaks JSON to programs', async () => {
    const { folder } = await enrolled();
    const { out } = await site.type(['doctor', '--json', '--data-dir', folder], { env: PASSPHRASE });
    const names = out
      .map(line => JSON.parse(line))
      .flatMap(line => (line.kind === 'check' ? [line.check.name] : []));
    expect(names).toEqual([
      ...[
        'settings',
        'key wrapping',
        'enrolment',
        'disk',
        'journal',
        'cloud',
        'clock',
        'plan',
        'broker',
        'readers',
      ],
    ]);
  });
});

async function pretending(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  closing.push(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

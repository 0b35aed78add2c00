import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { boxFiles } from '@pulsera/edge-node/box-files';
import { enrolBox } from '@pulsera/edge-node/cli/enrol';
import { openCredentials } from '@pulsera/edge-node/credentials';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boxPorts, configOf, openSite, type Site } from '../test/site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site[Symbol.asyncDispose]());

const fault = (code: string) => expect.objectContaining({ name: 'Fault', code });
const CODE_LIFE_MS = 15 * 60_000;

/** Passes requests on to the cloud and loses the answers to enrolments while `deaf`: a cable cut at the worst moment. */
async function lossyCloud(): Promise<{ url: string; deaf: boolean; close(): void }> {
  const state = { url: '', deaf: true, close: () => {} };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const answer = await fetch(`${site.cloud.url}${request.url}`, {
      method: request.method ?? 'GET',
      headers: { 'content-type': 'application/json' },
      body: Buffer.concat(chunks),
    });
    if (state.deaf) return void request.socket.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  state.close = () => void server.close();
  return state;
}

const MAIN = join(import.meta.dirname, 'main.ts');

/** The program itself, with this on its standard input. @param told at each piece of what it prints */
async function enrolTyping(input: string, folder: string, told: () => void) {
  const args = ['enrol', '--data-dir', folder, '--cloud', site.cloud.url, '--name', 'Typed', '--code', '-'];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args]);
  const said = { out: '', err: '' };
  child.stdout.on('data', piece => {
    said.out += String(piece);
    told();
  });
  child.stderr.on('data', piece => {
    said.err += String(piece);
  });
  child.stdin.end(input);
  const [exit] = (await once(child, 'close')) as [number | null];
  return { exit, ...said };
}

/** Empty for a process that has just ended. */
function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

describe('enrolling, as a technician types it', () => {
  it('makes a box with its keys, plan, certificates and settings, and shows them', async () => {
    const folder = site.folder();
    const args = [
      'enrol',
      '--data-dir',
      folder,
      '--cloud',
      site.cloud.url,
      '--name',
      'Main bar',
      '--host',
      '10.0.0.5',
    ];
    const typed = await site.type([...args, '--code', await site.code()], {
      env: { PULSERA_EDGE_PASSPHRASE: 'tea' },
    });
    expect(typed).toMatchObject({ code: 0, err: [] });
    const shown = typed.out.join('\n');
    expect(shown).toContain('This machine is box 1 of event');
    expect(shown).toContain('plan        version 1');
    expect(shown).toContain('tills ask   box-1 at localhost, 127.0.0.1, ::1, 10.0.0.5');
    expect(shown).toContain('wrapped by the boot passphrase');
    expect(shown).toContain(`Next: npm run provision -- doctor --data-dir ${folder}`);
    expect(readdirSync(folder)).toEqual(
      expect.arrayContaining(['edge.json', 'journal.sqlite', 'plan.cose', 'vault']),
    );
    expect(readFileSync(join(folder, 'edge.json'), 'utf8')).not.toContain('tea');
    const { enrolment } = openCredentials(boxFiles(folder).vault, 'tea', boxPorts.random);
    expect(enrolment).toMatchObject({ eventId: site.festival.eventId, keySets: [{ number: 1 }] });
  });

  it('reads the code from standard input, and no list of processes shows it', async () => {
    const code = await site.code();
    const folder = site.folder();
    const typed = await enrolTyping(`${code}\n`, folder, () => {
      for (const name of readdirSync('/proc').filter(each => /^\d+$/.test(each)))
        expect(commandLine(name)).not.toContain(code);
    });
    expect(typed).toMatchObject({ exit: 0, err: '' });
    expect(typed.out).toMatch(/^- type the code, then Enter\n/);
    expect(typed.out).toContain('This machine is box');
  });

  it('asks for a code when standard input ends without one', async () => {
    expect(await enrolTyping('', site.folder(), () => {})).toMatchObject({
      exit: 1,
      err: expect.stringMatching(/^enrolment-code-missing: .*--code -/),
    });
  });

  it('says in a sentence what is wrong with a code, and what to do', async () => {
    const folder = site.folder();
    const enrol = async (code: string) => {
      const {
        err,
        code: exit,
        out,
      } = await site.type([
        ...['enrol', '--data-dir', folder, '--cloud', site.cloud.url, '--name', 'Bar', '--code', code],
      ]);
      expect(exit).toBe(1);
      expect([...out, ...err].join('\n')).not.toMatch(/\n\s+at /);
      return err;
    };
    const used = await site.code();
    await enrolBox(configOf(site.folder(), site.cloud.url), null, { code: used, name: 'Another' }, boxPorts);
    expect(await enrol('1234')).toEqual([
      'enrolment-code-malformed: Type the code as it was shown: four groups of five.',
    ]);
    expect(await enrol('00000-00000-00000-00000')).toEqual([
      'enrolment-code-unknown: Type the 20 characters again, or make a new code.',
    ]);
    expect(await enrol(used)).toEqual([
      'enrolment-code-used: A box has enrolled with this code: make another for this one.',
    ]);
    const expired = await site.code();
    site.cloud.world.pass(CODE_LIFE_MS);
    expect(await enrol(expired)).toEqual([
      'enrolment-code-expired: Make a new code: this one was good for 15 minutes.',
    ]);
    for (let guess = 0; guess < 10; guess++) await enrolBoxWith(`00000-00000-00000-0000${guess}`);
    expect((await enrol('00000-00000-00000-00000')).join()).toContain(
      'enrolment-attempts-exceeded: Too many wrong codes',
    );
    site.cloud.world.pass(CODE_LIFE_MS);
  });

  it('is called wrongly: exit code 2 and the way to the help; called for help: the help', async () => {
    expect(await site.type(['enrol', '--bogus'])).toMatchObject({ code: 2, out: [] });
    expect(await site.type(['bogus'])).toMatchObject({ code: 2 });
    const help = await site.type(['enrol', '--help']);
    expect(help.code).toBe(0);
    expect(help.out.join('\n')).toContain('--passphrase-file');
  });

  it('names the reason when nobody answers', async () => {
    const args = [
      'enrol',
      '--data-dir',
      site.folder(),
      '--cloud',
      'http://127.0.0.1:1',
      '--name',
      'Bar',
      '--code',
      await site.code(),
    ];
    expect((await site.type(args)).err).toEqual([
      'cloud-unreachable: Nobody answers at http://127.0.0.1:1: nothing listens at that address and port.',
    ]);
  });
});

async function enrolBoxWith(code: string): Promise<unknown> {
  return enrolBox(configOf(site.folder(), site.cloud.url), null, { code, name: 'Guess' }, boxPorts).catch(
    error => error,
  );
}

describe('an enrolment that was cut', () => {
  it('gets the same answer again with the same code', async () => {
    const lossy = await lossyCloud();
    const config = configOf(site.folder(), lossy.url);
    const order = { code: await site.code(), name: 'Cut off' };
    await expect(enrolBox(config, null, order, boxPorts)).rejects.toEqual(fault('cloud-unreachable'));
    const before = await boxes();
    lossy.deaf = false;
    const box = await enrolBox(config, null, order, boxPorts);
    expect(await boxes()).toBe(before);
    expect(box).toMatchObject({ boxId: before, resumed: false, abandonedBox: null, plan: 1 });
    lossy.close();
  });

  it('is not stranded when its answer was lost and the code has expired: a new code, a new identity', async () => {
    const lossy = await lossyCloud();
    const config = configOf(site.folder(), lossy.url);
    const first = { code: await site.code(), name: 'Unlucky' };
    await expect(enrolBox(config, 'tea', first, boxPorts)).rejects.toEqual(fault('cloud-unreachable'));
    const lost = await boxes();
    lossy.deaf = false;
    site.cloud.world.pass(CODE_LIFE_MS);
    await expect(enrolBox(config, 'tea', first, boxPorts)).rejects.toEqual(fault('enrolment-code-lost'));
    const box = await enrolBox(config, 'tea', { code: await site.code(), name: 'Unlucky' }, boxPorts);
    expect(box).toMatchObject({ boxId: lost + 1, abandonedBox: lost, wrapping: 'passphrase' });
    lossy.close();
  });

  it('is finished without the cloud once the answer is kept, and makes up what is missing', async () => {
    const folder = site.folder();
    const order = { code: await site.code(), name: 'Interrupted' };
    const whole = await enrolBox(configOf(folder, site.cloud.url), null, order, boxPorts);
    // Cut right after the answer was kept: no certificates yet, and a vault without a passphrase.
    for (const name of ['certificate-ca', 'certificate-broker']) {
      unlinkSync(join(folder, 'vault', `${name}.sealed`));
    }
    const resumed = await enrolBox(configOf(folder, 'http://127.0.0.1:1'), 'tea', order, boxPorts);
    expect(resumed).toMatchObject({ boxId: whole.boxId, resumed: true, wrapping: 'passphrase', plan: 1 });
    expect(() => openCredentials(boxFiles(folder).vault, null, boxPorts.random)).toThrow(
      fault('passphrase-needed'),
    );
  });

  it('stays the box it is: another code is refused and stays unused', async () => {
    const folder = site.folder();
    const config = configOf(folder, site.cloud.url);
    await enrolBox(config, null, { code: await site.code(), name: 'First' }, boxPorts);
    const second = await site.code();
    await expect(enrolBox(config, null, { code: second, name: 'Second' }, boxPorts)).rejects.toEqual(
      fault('already-enrolled'),
    );
    await enrolBox(configOf(site.folder(), site.cloud.url), null, { code: second, name: 'Second' }, boxPorts);
  });
});

async function boxes(): Promise<number> {
  const { body } = await site.cloud.call('GET', `${site.festival.path}/edges`);
  return (body as { boxes: unknown[] }).boxes.length;
}

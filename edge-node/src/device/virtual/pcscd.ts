/**
 * A pcscd of our own with virtual readers: needs Debian's pcscd, vsmartcard-vpcd, and a right to /run/pcscd. It is
 * started in the foreground and ended by its process id; one that runs already is left alone, and then this refuses.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PCSCD = '/usr/sbin/pcscd';
const DRIVER = '/usr/lib/pcsc/drivers/serial/libifdvpcd.so';
const SOCKET = '/run/pcscd/pcscd.comm';
const FIRST_PORT = 0x8c7b;
/** The driver opens this many slots itself, each on the port after the one before. */
const SLOTS_PER_DRIVER = 2;

/** What is missing for a virtual PC/SC stack on this machine; undefined when nothing is. */
export function missingForPcsc(): string | undefined {
  const file = [PCSCD, DRIVER].find(path => !existsSync(path));
  if (file !== undefined) return `${file} (apt-get install pcscd libpcsclite-dev vsmartcard-vpcd)`;
  if (process.getuid?.() !== 0) return 'the right to start pcscd (run as root)';
  return driverLoads() ? undefined : 'nfc-pcsc built for this Node (scripts/rebuild-pcsc.sh)';
}

/** Tried in a process of its own: it is not to be loaded into this one. */
function driverLoads(): boolean {
  try {
    const driver = createRequire(import.meta.url).resolve('nfc-pcsc');
    execFileSync(process.execPath, ['-e', 'require(process.argv[1])', driver], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Whether anybody runs one: the machine's own, which systemd may start at the first connection, or one of ours. */
export const isPcscdRunning = () => isListening(SOCKET);

export class PrivatePcscd {
  /** One TCP port for each virtual reader. */
  readonly ports: readonly number[];
  readonly #folder = mkdtempSync(join(tmpdir(), 'pulsera-pcscd-'));
  #process: ChildProcess | undefined;

  constructor(readers = 1) {
    const drivers = Math.ceil(readers / SLOTS_PER_DRIVER);
    const config = join(this.#folder, 'reader.conf.d');
    mkdirSync(config);
    for (let driver = 0; driver < drivers; driver++) {
      // pcscd loads a library once however often it is named, and its slots with it: each block needs a copy of its own.
      const library = join(this.#folder, `libifdvpcd-${driver}.so`);
      copyFileSync(DRIVER, library);
      const port = `0x${(FIRST_PORT + driver * SLOTS_PER_DRIVER).toString(16)}`;
      const block = `FRIENDLYNAME "Virtual PCD ${driver}"\nDEVICENAME /dev/null:${port}\nLIBPATH ${library}\nCHANNELID ${port}\n`;
      writeFileSync(join(config, `vpcd-${driver}`), block);
    }
    this.ports = Array.from({ length: drivers * SLOTS_PER_DRIVER }, (_, slot) => FIRST_PORT + slot);
  }

  async start(): Promise<void> {
    if (await isPcscdRunning()) throw new Error('A pcscd runs already: stop it, tests need their own.');
    const preload = this.#buildPreload();
    const child = spawn(PCSCD, ['--foreground', '--config', join(this.#folder, 'reader.conf.d')], {
      stdio: 'ignore',
      env: { ...process.env, ...(preload === undefined ? {} : { LD_PRELOAD: preload }) },
    });
    this.#process = child;
    for (let tries = 0; !(await isListening(SOCKET)); tries++) {
      if (child.exitCode !== null || tries > 100)
        throw new Error(`pcscd did not start (exit ${child.exitCode})`);
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise(resolve => child.once('exit', resolve));
    child.kill(signal);
    await ended;
    // A killed one leaves its socket and pid file behind, and the next one would refuse to start.
    if (signal === 'SIGKILL')
      for (const file of [SOCKET, '/run/pcscd/pcscd.pid']) rmSync(file, { force: true });
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Without a C compiler an exchange takes 44 ms instead of 0.2, and that is all. */
  #buildPreload(): string | undefined {
    const source = fileURLToPath(new URL('./nodelay.c', import.meta.url));
    const library = join(this.#folder, 'nodelay.so');
    if (existsSync(library)) return library;
    try {
      execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl'], { stdio: 'ignore' });
      return library;
    } catch {
      return undefined;
    }
  }
}

function isListening(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

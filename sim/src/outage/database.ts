/** A PostgreSQL of its own, which can be shut down in the middle of anything. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, type Server, startServer } from '@pulsera/cloud-api/database/server';
import type { Death } from './outages.ts';

const LOOK_MS = 20;

export class Database {
  readonly #folder: string;
  readonly #newPassword: string;
  #server: Server | undefined;

  /** @param newPassword of the superuser, when it is started for the first time */
  constructor(folder: string, newPassword: string) {
    this.#folder = folder;
    this.#newPassword = newPassword;
  }

  /** @returns the superuser's connection string. The port is another one each time. */
  async start(): Promise<URL> {
    this.#server = await startServer({ folder: this.#folder, newPassword: this.#newPassword });
    return new URL(this.#server.url);
  }

  /** `kill`: immediate, so that it recovers at its next start. `stop`: fast, which ends every session first (PostgreSQL 18, 18.5). */
  async end(death: Death): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    if (death === 'kill') {
      const [pid = ''] = readFileSync(join(this.#folder, 'data', 'postmaster.pid'), 'utf8').split('\n');
      process.kill(Number(pid), 'SIGQUIT');
      while (isAlive(Number(pid))) await sleep(LOOK_MS);
    }
    await server.stop();
  }
}

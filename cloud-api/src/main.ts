/** Starts the cloud with the real clock, the real dice and the environment; Ctrl-C stops it and its database. */
import { randomBytes } from 'node:crypto';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { startCloud } from './cloud.ts';
import { configFromEnvironment } from './config.ts';
import { expectShortLives } from './memory.ts';

expectShortLives();
try {
  const config = configFromEnvironment(process.env);
  const running = await startCloud(config, {
    nowMs: Date.now,
    randomBytes: length => new Uint8Array(randomBytes(length)),
  });
  running.log.info({ url: running.url, stateFolder: config.stateFolder }, 'the cloud is up');
  const stop = async (signal: string) => {
    running.log.info({ signal }, 'stopping');
    await running.close();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
} catch (error) {
  if (!(error instanceof Fault)) throw error;
  console.error(`${error.code}: ${error.message}`);
  if (typeof error.detail.log === 'string') console.error(error.detail.log);
  process.exit(1);
}

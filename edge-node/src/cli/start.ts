import pino from 'pino';
import { type BoxPorts, startBox } from '../box.ts';
import type { Command, Io } from './io.ts';
import { onceThereIsRoom } from './once-room.ts';
import { readSettings } from './settings.ts';

export const start: Command = {
  summary: 'run the box, until Ctrl-C or SIGTERM',
  help: 'Logs JSON lines to standard output. Taps under way are ended and the journal is closed before it leaves. On a full disk it waits for room.',
  operands: [],
  options: {},
  async run({ options, io }) {
    const settings = readSettings(options, io);
    // No payload is ever logged, so that no secret has to be taken out again.
    const log = pino({ level: settings.config.logLevel, base: null, errorKey: 'error' });
    const passphrase = settings.passphrase();
    const ports: BoxPorts = {
      ...io,
      log,
      processMetrics: true,
    };
    const { signal, loop: timers } = io;
    const waiting = { log, signal, timers };
    const box = await onceThereIsRoom(() => startBox(settings.config, passphrase, ports), waiting);
    if (box === undefined) return true;
    const { mqttPort, healthPort, serverName } = box;
    log.info({ mqttPort, healthPort, serverName, problems: box.health().problems }, 'The box is up');
    await ended(io);
    log.info({}, 'Stopping');
    await box.close();
    return true;
  },
};

function ended({ signal }: Io): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

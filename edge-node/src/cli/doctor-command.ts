/** `edge doctor`. */
import { readUint } from '@pulsera/firmware-protocol/bytes';
import { faultCode } from '@pulsera/firmware-protocol/fault';
import { realDisk } from './doctor/disk.ts';
import { doctor as lookAt } from './doctor/doctor.ts';
import { failedBy, pass } from './doctor/look.ts';
import { realReaders } from './doctor/readers.ts';
import type { Command, Invocation } from './io.ts';
import { readSettings, type Settings } from './settings.ts';

export const doctor: Command = {
  summary: 'look at everything the box stands on, and say what to do',
  help: '  Exit code 1 if anything fails; a warning is none. Nothing is changed, and the box may be running.',
  operands: [],
  options: {},
  async run(invocation) {
    const { io, tell } = invocation;
    const settings = settingsOf(invocation);
    if (settings === undefined) return false;
    const ports = {
      ...io,
      disk: realDisk(() => io.clock.monoMs()),
      readers: realReaders(io.loop, () => readUint(io.random(4), 0, 4) / 2 ** 32),
    };
    return await lookAt(settings, ports, check => tell({ kind: 'check', check }));
  },
};

/** Settings that can't be read are the first finding, and the last. */
function settingsOf({ options, io, tell }: Invocation): Settings | undefined {
  try {
    const settings = readSettings(options, io);
    tell({ kind: 'check', check: pass('settings', settings.file ?? 'from the environment') });
    return settings;
  } catch (error) {
    if (!faultCode(error).startsWith('config-')) throw error;
    tell({ kind: 'check', check: failedBy('settings', error) });
    return undefined;
  }
}

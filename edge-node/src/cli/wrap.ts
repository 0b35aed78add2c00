/** `edge wrap`: puts the keys of a box that was enrolled without one under a boot passphrase. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { boxFiles } from '../box-files.ts';
import { openVault } from '../identity/vault.ts';
import type { Command } from './io.ts';
import { readSettings } from './settings.ts';

export const wrap: Command = {
  summary: 'wrap the keys with the boot passphrase of the settings',
  help: '  The passphrase is in PULSERA_EDGE_PASSPHRASE, or in the file that "passphrase" in the settings names.',
  operands: [],
  options: {},
  async run({ options, io, tell }) {
    const settings = readSettings(options, io);
    const passphrase = settings.passphrase();
    if (passphrase === null) {
      throw new Fault(
        'passphrase-missing',
        'Put the boot passphrase into PULSERA_EDGE_PASSPHRASE: it is empty.',
      );
    }
    const vault = openVault(boxFiles(settings.config.dataDir).vault, passphrase, io.random);
    if (vault.wrapping === 'unwrapped') vault.wrapWith(passphrase);
    tell({
      kind: 'step',
      step: 'The keys are wrapped. From now on the box asks for this passphrase when it starts.',
    });
    return true;
  },
};

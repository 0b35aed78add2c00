/** How the keys on this disk are wrapped, and whether there is an enrolment behind them. */
import { faultCode } from '@pulsera/firmware-protocol/fault';
import type { Check } from '@pulsera/firmware-protocol/wire/box-command';
import { boxFiles } from '../../box-files.ts';
import { openCredentials } from '../../credentials.ts';
import type { Wrapping } from '../../identity/vault.ts';
import type { Settings } from '../settings.ts';
import { type Box, fail, failedBy, type Ports, pass, warn } from './look.ts';

const WRAPPING = 'key wrapping';
const ENROLMENT = 'enrolment';
const NO_BOX: ReadonlySet<string> = new Set(['vault-missing', 'identity-missing', 'not-enrolled']);

/** `box`: undefined where there is none, or its vault stays shut. */
export function checkKeys(
  settings: Settings,
  ports: Ports,
): { checks: readonly Check[]; box: Box | undefined } {
  const { config, command } = settings;
  try {
    const credentials = openCredentials(boxFiles(config.dataDir).vault, settings.passphrase(), ports.random);
    const { boxId, eventId, keySets } = credentials.enrolment;
    const sets = `key set${keySets.length === 1 ? '' : 's'} ${keySets.map(({ number }) => number).join(', ')}`;
    return {
      checks: [
        judgeWrapping(credentials.vault.wrapping, command('wrap')),
        pass(ENROLMENT, `box ${boxId} of event ${eventId}, with ${sets}`),
      ],
      box: { config, command, credentials },
    };
  } catch (error) {
    const isNoBox = NO_BOX.has(faultCode(error));
    const check = isNoBox
      ? fail(
          ENROLMENT,
          `${config.dataDir} is no box yet`,
          `Enrol it with a code from the organizer: ${command('enrol --code CODE --name NAME')}`,
        )
      : failedBy(WRAPPING, error);
    return { checks: [check], box: undefined };
  }
}

/** Pure. @param wrap the command that wraps the keys of this very box */
export function judgeWrapping(wrapping: Wrapping, wrap: string): Check {
  if (wrapping === 'passphrase') return pass(WRAPPING, 'by a boot passphrase (a TPM is not supported yet)');
  const cure = `Choose a boot passphrase, put it into PULSERA_EDGE_PASSPHRASE or a file named by "passphrase" in the settings, then: ${wrap}`;
  return warn(WRAPPING, 'none: whoever takes this disk has the keys (a TPM is not supported yet)', cure);
}

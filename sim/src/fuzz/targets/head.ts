/** A signed head or checkpoint, as if every signature were good. */
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import { open1, peek1, sign1 } from '@pulsera/firmware-protocol/journal/cose';
import { openHead, signHead } from '@pulsera/firmware-protocol/journal/head';
import { vectors } from '../samples.ts';
import { attempt, holds, type Target } from '../target.ts';

const SIGNATURE = new Uint8Array(64).fill(7);

export const target: Target = {
  shape: 'cbor',
  seeds: vectors('heads.json', ['message']),
  run: input => {
    const message = attempt(['cbor-malformed'], () => peek1(input));
    if (message === undefined) return false;
    const again = sign1('pulsera/head', message.payload, () => message.signature, message.keyId);
    holds(equalBytes(again, input), 'the message is other bytes when made again');
    attempt(['signature-invalid'], () => open1('pulsera/head', input, () => false));
    const head = attempt(['cbor-malformed'], () => openHead('pulsera/checkpoint', input, () => true));
    if (head === undefined) return false;
    const payload = peek1(signHead('pulsera/checkpoint', head, () => SIGNATURE)).payload;
    holds(equalBytes(payload, message.payload), 'the head is other bytes when encoded again');
    return true;
  },
};

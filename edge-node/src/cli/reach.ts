/** Why nobody answers at the cloud's address. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { reasonOf } from '@pulsera/firmware-protocol/wire/connection-reason';

/** A `cloud-unreachable` with its reason in the sentence; every other error as it is. */
export function unreachable(error: unknown, url: string): unknown {
  if (!(error instanceof Fault) || error.code !== 'cloud-unreachable') return error;
  return new Fault('cloud-unreachable', `Nobody answers at ${url}: ${reasonOf(error)}.`, { cause: error });
}

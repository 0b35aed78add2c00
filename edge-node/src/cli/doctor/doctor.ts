/**
 * Looks at everything a box stands on and says of each thing whether it is well, what was found, and what to do. It changes nothing, and
 * works beside a running box.
 */
import type { Check } from '@pulsera/firmware-protocol/wire/box-command';
import type { Settings } from '../settings.ts';
import { checkBroker } from './broker.ts';
import { checkCloud } from './cloud.ts';
import { checkDisk } from './disk.ts';
import { checkJournal, isHeld } from './journal.ts';
import { checkKeys } from './keys.ts';
import type { Ports } from './look.ts';
import { checkPlan, heldVersion } from './plan.ts';
import { checkReaders } from './readers.ts';
import { askRunning } from './running.ts';

/** @param told each check as it is done. @returns whether none has failed */
export async function doctor(
  settings: Settings,
  ports: Ports,
  told: (check: Check) => void,
): Promise<boolean> {
  let isWell = true;
  const tell = (check: Check): void => {
    if (check.state === 'fail') isWell = false;
    told(check);
  };
  const { config } = settings;
  const { checks, box } = checkKeys(settings, ports);
  for (const check of checks) tell(check);
  tell(checkDisk(config.dataDir, ports.disk));
  const isRunning = isHeld(config.dataDir);
  const running = isRunning ? await askRunning(config.healthPort) : undefined;
  if (box !== undefined) tell(checkJournal(box, isRunning));
  const cloud = await checkCloud(config, box, heldVersion(box), ports);
  for (const check of cloud.checks) tell(check);
  if (box !== undefined) {
    tell(checkPlan(box, cloud.newestPlan, isRunning, ports));
    tell(await checkBroker(box, isRunning, running, ports));
  }
  for (const check of await checkReaders(config, running, ports)) tell(check);
  return isWell;
}

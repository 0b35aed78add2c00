/** Which plan this box sells by, since when, and whether the cloud has a newer one. */
import { existsSync, statSync } from 'node:fs';
import { PlanVersion } from '@pulsera/firmware-protocol/ids';
import type { Check } from '@pulsera/firmware-protocol/wire/box-command';
import { boxFiles } from '../../box-files.ts';
import { counted } from '../counted.ts';
import { heldPlan } from '../enrol.ts';
import { type Box, duration, fail, failedBy, type Ports, pass, warn } from './look.ts';

const NAME = 'plan';

/** @returns 0 where there is none, or none that can be read */
export function heldVersion(box: Box | undefined): PlanVersion {
  try {
    return (box && heldPlan(box.config, box.credentials)?.version) ?? PlanVersion.parse(0);
  } catch {
    return PlanVersion.parse(0);
  }
}

/** @param newest above the one held, as the cloud says; undefined: there is none, or it couldn't be asked */
export function checkPlan(
  box: Box,
  newest: PlanVersion | undefined,
  isRunning: boolean,
  ports: Ports,
): Check {
  const { plan: file } = boxFiles(box.config.dataDir);
  try {
    const plan = heldPlan(box.config, box.credentials);
    if (plan === undefined) {
      const cure =
        newest === undefined
          ? 'Publish a plan for this event.'
          : 'Start the box: it fetches the plan from the cloud.';
      return fail(NAME, 'none: without one nothing is sold', cure);
    }
    const age = ports.clock.wallMs() - statSync(file).mtimeMs;
    const found = `version ${plan.version}, here for ${duration(Math.max(0, age))}; ${counted(plan.stands.length, 'stand')}, ${counted(plan.products.length, 'product')}, ${counted(plan.tills.length, 'till')}`;
    if (newest === undefined) return pass(NAME, found);
    const behind = `${found}; the cloud has ${newest}`;
    if (isRunning)
      return warn(
        NAME,
        behind,
        'Wait a minute: the box fetches it by itself. If it does not, look at its log.',
      );
    return warn(NAME, behind, 'Start the box: it fetches the plan from the cloud.');
  } catch (error) {
    return existsSync(file) ? failedBy(NAME, error) : fail(NAME, 'none', 'Publish a plan for this event.');
  }
}

/** A till comes to life: its certificate, its connection, and the shift of whoever stands there. */
import { randomUUID } from 'node:crypto';
import type { Box } from '@pulsera/edge-node/box';
import type { OperatorId, ShiftId, TillId } from '@pulsera/firmware-protocol/ids';
import { OPERATOR } from './organizer.ts';
import { DemoTill } from './till.ts';

export interface OpenTill {
  readonly till: DemoTill;
  readonly operator: OperatorId;
  readonly shift: ShiftId;
}

const FLOAT_MINOR = 20_000;

export async function openTill(box: Box, tillId: TillId): Promise<OpenTill> {
  const access = await box.issueTerminal(tillId);
  const till = await DemoTill.connect({ ...access, tillId, host: '127.0.0.1', port: box.mqttPort });
  const shift = randomUUID() as ShiftId;
  const operator = OPERATOR as OperatorId;
  const requestId = randomUUID() as never;
  await till.ask('shift', { requestId, action: 'open', shift, operator, floatMinor: FLOAT_MINOR });
  return { till, operator, shift };
}

/** A row that a constraint refused, as a fault that names what is missing or there already. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { violatedConstraint } from './database-fault.ts';

/** Names are `table_what` for references (`till_stand`) and end in `_pk` for keys: see each domain's tables.ts. */
const BY_CONSTRAINT: readonly (readonly [RegExp, code: string, message: string])[] = [
  [/_pk$/, 'already-exists', 'Choose another id: this one is taken.'],
  [/_tenant$/, 'tenant-unknown', 'Give a tenant that exists.'],
  [/_event$/, 'event-unknown', 'Give an event that this tenant has.'],
  [/_stand$/, 'stand-unknown', 'Create the stand first.'],
  [/_product$/, 'product-unknown', 'Create the product first.'],
  [/_key_set$/, 'key-set-unknown', 'Give a key set that this event has.'],
];

export function constraintFault(error: unknown): Fault | undefined {
  const constraint = violatedConstraint(error);
  if (constraint === undefined) return undefined;
  const [, code, message] = BY_CONSTRAINT.find(([pattern]) => pattern.test(constraint)) ?? [];
  if (code === undefined || message === undefined) return undefined;
  return new Fault(code, message, { cause: error, detail: { constraint } });
}

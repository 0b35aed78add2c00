/**
 * What the box's commands print with `--json`: one JSON object a line, so that a program which runs them can show each step as it
 * happens. The last line is a `result` or a `failed`; the exit code says the same.
 */
import { z } from 'zod';
import { BoxId, EventId, KeySetNumber, PlanVersion, TenantId, TillId } from '../ids.ts';

const Figures = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

/** One thing that doctor looked at. */
export const Check = z.strictObject({
  name: z.string(),
  /** `warn`: it sells all the same. */
  state: z.enum(['pass', 'warn', 'fail']),
  found: z.string(),
  /** What to do; null when there is nothing to do. */
  cure: z.string().nullable(),
});
export type Check = z.infer<typeof Check>;

export const EnrolReport = z.strictObject({
  tenantId: TenantId,
  eventId: EventId,
  boxId: BoxId,
  boxName: z.string(),
  /** Absolute. */
  dataDir: z.string(),
  /** Where `start` and `doctor` find their settings. */
  configFile: z.string(),
  wrapping: z.enum(['passphrase', 'unwrapped']),
  keySets: z.array(KeySetNumber),
  /** 0 while the event has no plan. */
  plan: PlanVersion,
  /** The name tills ask for, and the addresses it is good for beside it. */
  serverName: z.string(),
  hosts: z.array(z.string()),
  /** The cloud wasn't asked: an earlier run had its answer already. */
  resumed: z.boolean(),
  /** The number under which the cloud knows an unfinished enrolment of this box that must be revoked. */
  abandonedBox: BoxId.nullable(),
});
export type EnrolReport = z.infer<typeof EnrolReport>;

/** A certificate that this box gave to a terminal. */
export const Terminal = z.strictObject({
  terminal: TillId,
  /** Hex. */
  serial: z.string().regex(/^[0-9a-f]{2,40}$/),
  issuedAtMs: z.int().min(0),
  isRevoked: z.boolean(),
});
export type Terminal = z.infer<typeof Terminal>;

export const CommandLine = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('step'), step: z.string() }),
  z.strictObject({ kind: z.literal('check'), check: Check }),
  z.strictObject({ kind: z.literal('terminal'), terminal: Terminal }),
  z.strictObject({ kind: z.literal('enrolled'), report: EnrolReport }),
  z.strictObject({
    kind: z.literal('certified'),
    terminal: Terminal,
    folder: z.string(),
    files: z.array(z.string()),
    serverName: z.string(),
    warning: z.string().nullable(),
  }),
  z.strictObject({ kind: z.literal('done') }),
  z.strictObject({ kind: z.literal('failed'), code: z.string(), message: z.string(), detail: Figures }),
]);
export type CommandLine = z.infer<typeof CommandLine>;

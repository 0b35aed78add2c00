/** Tells the cloud which wristbands were made. It takes each once, however often it is told. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { ChipUid, EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import type { Wristband } from '@pulsera/firmware-protocol/wristband';
import { z } from 'zod';
import { type CloudAccess, post } from './cloud.ts';

/** Half a megabyte at most, and a cut loses little. */
const BATCH = 1_000;
const Registered = z.strictObject({ registered: z.int(), known: z.int() });

export interface Refused {
  readonly uid: ChipUid;
  readonly why: string;
}

export interface Report {
  /** New to the cloud. */
  readonly registered: number;
  /** Told before, exactly so. */
  readonly known: number;
  /** The cloud knows them otherwise: to be taken aside. */
  readonly refused: readonly Refused[];
}

export interface ReportPlace {
  readonly tenantId: TenantId;
  readonly eventId: EventId;
}

/**
 * @param done told after each batch which ones need not be told again, for good or ill
 * @throws Fault as `post`; what was told before stays told
 */
export async function reportWristbands(
  cloud: CloudAccess,
  { tenantId, eventId }: ReportPlace,
  wristbands: readonly Wristband[],
  done: (taken: readonly Wristband[], refused: readonly Refused[]) => void = () => {},
): Promise<Report> {
  const path = `/v1/tenants/${tenantId}/events/${eventId}/wristbands`;
  const total = { registered: 0, known: 0, refused: [] as Refused[] };
  for (let from = 0; from < wristbands.length; from += BATCH) {
    const { taken, refused, registered, known } = await reportBatch(
      cloud,
      path,
      wristbands.slice(from, from + BATCH),
    );
    total.registered += registered;
    total.known += known;
    total.refused.push(...refused);
    done(taken, refused);
  }
  return total;
}

interface Batch {
  readonly taken: readonly Wristband[];
  readonly refused: readonly Refused[];
  readonly registered: number;
  readonly known: number;
}

/** All or none, says the cloud; so without those that it names. */
async function reportBatch(cloud: CloudAccess, path: string, batch: readonly Wristband[]): Promise<Batch> {
  try {
    return { taken: batch, refused: [], ...(await post(cloud, path, { wristbands: batch }, Registered)) };
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'wristbands-conflict') throw error;
    const why = new Map(Object.entries(error.detail).map(([uid, reason]) => [uid, String(reason)]));
    const refused = batch.flatMap(({ uid }) => (why.has(uid) ? [{ uid, why: why.get(uid) ?? '' }] : []));
    if (refused.length === 0) throw error;
    const rest = batch.filter(({ uid }) => !why.has(uid));
    if (rest.length === 0) return { taken: [], refused, registered: 0, known: 0 };
    const others = await reportBatch(cloud, path, rest);
    return { ...others, refused: [...refused, ...others.refused] };
  }
}

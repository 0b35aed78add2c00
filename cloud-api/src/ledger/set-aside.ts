/**
 * What quarantined journals say they wrote. Nothing of it is booked, but it was signed by its box (a batch is set aside only
 * after that was checked), so an image that stands there was written, and whoever taps with it is no forger: at most the box is.
 */
import { toHex } from '@pulsera/firmware-protocol/bytes';
import type { ChipUid, EventId } from '@pulsera/firmware-protocol/ids';
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { decodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import type { TenantTransaction } from '../database/with-tenant.ts';
import type { CaseDraft } from './case.ts';

/** The case that the quarantine of a journal has. */
export type SetAside = Pick<CaseDraft, 'kind' | 'subject'>;

/** By `imageKey`. */
export type SetAsideImages = ReadonlyMap<string, SetAside>;

export const imageKey = (uid: ChipUid, image: string): string => `${uid}/${image}`;

/** Batch by batch: each may be as large as a body may be. */
export async function readSetAside(
  { client, tenantId }: TenantTransaction,
  eventId: EventId,
): Promise<SetAsideImages> {
  const ofEvent = 'WHERE tenant_id = $1 AND event_id = $2';
  const { rows: listed } = await client.query(
    `SELECT box_id, epoch, from_seq, head_hash, reason FROM quarantine ${ofEvent}
     ORDER BY received_ms, box_id, epoch, from_seq, head_hash`,
    [tenantId, eventId],
  );
  const images = new Map<string, SetAside>();
  for (const { box_id, epoch, from_seq, head_hash, reason } of listed) {
    const { rows } = await client.query<{ batch: Uint8Array }>(
      `SELECT batch FROM quarantine ${ofEvent} AND box_id = $3 AND epoch = $4 AND from_seq = $5 AND head_hash = $6`,
      [tenantId, eventId, box_id, epoch, from_seq, head_hash],
    );
    for (const { batch } of rows) {
      for (const { kind, body } of decodeBatch(batch).contents.map(decodeEntry)) {
        if (kind !== 'tap') continue;
        const key = imageKey(body.uid, toHex(body.after));
        if (!images.has(key)) images.set(key, { kind: reason, subject: `${box_id}/${epoch}` });
      }
    }
  }
  return images;
}

/** What booked taps started from and only a quarantine explains, in figures. */
export class SetAsideLosses {
  readonly #byCase = new Map<string, { readonly of: SetAside; readonly images: Map<string, number> }>();

  /** Each image once, however many taps started from it. */
  add(of: SetAside, key: string, heldMinor: number): void {
    const name = `${of.kind} ${of.subject}`;
    const loss = this.#byCase.get(name) ?? { of, images: new Map() };
    this.#byCase.set(name, loss);
    loss.images.set(key, heldMinor);
  }

  /** The cloud's journal must be locked. */
  async save({ client, tenantId }: TenantTransaction, eventId: EventId): Promise<void> {
    for (const { of, images } of this.#byCase.values()) {
      const lossMinor = [...images.values()].reduce((sum, heldMinor) => sum + heldMinor, 0);
      await client.query(
        `UPDATE case_file SET loss_bound_minor = $5
         WHERE tenant_id = $1 AND event_id = $2 AND kind = $3 AND subject = $4`,
        [tenantId, eventId, of.kind, of.subject, lossMinor],
      );
    }
  }
}

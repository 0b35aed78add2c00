/**
 * What quarantined journals say they wrote. Nothing of it is booked, but it was signed by its box (a batch is set aside only
 * after that was checked), so an image that stands there was written, and whoever taps with it is no forger: at most the box is.
 */
import { toHex } from '@pulsera/firmware-protocol/bytes';
import type { ChipUid } from '@pulsera/firmware-protocol/ids';
import { decodeEntry } from '@pulsera/firmware-protocol/journal/entry';
import { decodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import type { CaseDraft } from './case.ts';
import type { Ledger } from './store/store.ts';

/** The case that the quarantine of a journal has. */
export type SetAside = Pick<CaseDraft, 'kind' | 'subject'>;

/** By `imageKey`. */
export type SetAsideImages = ReadonlyMap<string, SetAside>;

export const imageKey = (uid: ChipUid, image: string): string => `${uid}/${image}`;

/** Batch by batch: each may be as large as a body may be. */
export async function readSetAside({ quarantine }: Ledger): Promise<SetAsideImages> {
  const images = new Map<string, SetAside>();
  for await (const { box, epoch, reason, batch } of quarantine.all()) {
    for (const { kind, body } of decodeBatch(batch).contents.map(decodeEntry)) {
      if (kind !== 'tap') continue;
      const key = imageKey(body.uid, toHex(body.after));
      if (!images.has(key)) images.set(key, { kind: reason, subject: `${box}/${epoch}` });
    }
  }
  return images;
}

/** What booked taps started from and only a quarantine explains, in figures. */
export class SetAsideLosses {
  readonly #byCase = new Map<string, { readonly of: SetAside; readonly images: Map<string, number> }>();

  /** Each image once, however many taps started from it. */
  add(of: SetAside, key: string, spendableMinor: number): void {
    const name = `${of.kind} ${of.subject}`;
    const loss = this.#byCase.get(name) ?? { of, images: new Map() };
    this.#byCase.set(name, loss);
    loss.images.set(key, spendableMinor);
  }

  /** The cloud's journal must be locked. */
  async save({ cases }: Ledger): Promise<void> {
    for (const { of, images } of this.#byCase.values()) {
      await cases.setLossBound(
        of,
        [...images.values()].reduce((sum, spendableMinor) => sum + spendableMinor, 0),
      );
    }
  }
}

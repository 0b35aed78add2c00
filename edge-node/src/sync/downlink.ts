import type { Seq } from '@pulsera/firmware-protocol/ids';
import type { Verify } from '@pulsera/firmware-protocol/journal/cose';
import { openHead } from '@pulsera/firmware-protocol/journal/head';
import { decodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import type { Journal } from '../journal/journal.ts';
import type { Timers } from '../timers.ts';
import { pause } from './bell.ts';
import type { CloudLink } from './cloud-link.ts';

/** Brings the cloud's journal to the box: credits, blocks, settlements, in order and each once, by the journal's own cursor. */
export interface DownlinkOptions {
  readonly journal: Pick<Journal, 'cloudSeq'>;
  readonly obey: Journal['appendCloud'];
  readonly link: Pick<CloudLink, 'cloudJournal' | 'awaitHint'>;
  /** With the cloud's pinned key. */
  readonly cloudVerify: Verify;
  readonly timers: Timers;
  /** Entries asked for at once. */
  readonly limit?: number;
}

/** The least time between two questions that brought nothing, should hints promise what isn't there. */
const FRUITLESS_MS = 500;

export class Downlink {
  readonly #options: DownlinkOptions;

  constructor(options: DownlinkOptions) {
    this.#options = options;
  }

  /**
   * Takes in one stretch. @returns whether there was one.
   * @throws Fault as `CloudLink` and `Journal.appendCloud`, `signature-invalid`, `cbor-malformed`
   */
  async step(signal: AbortSignal): Promise<boolean> {
    const { journal, obey, link, cloudVerify, limit = 500 } = this.#options;
    const bytes = await link.cloudJournal(journal.cloudSeq, limit, signal);
    if (bytes === undefined) return false;
    const { fromSeq, contents, head } = decodeBatch(bytes);
    await obey({
      after: (fromSeq - 1) as Seq,
      contents,
      head: openHead('pulsera/head', head, cloudVerify),
      signedHead: head,
    });
    return true;
  }

  /** Resolves when it is worth asking again. @throws Fault as `CloudLink` */
  async wait(signal: AbortSignal): Promise<void> {
    const { journal, link, timers } = this.#options;
    const end = await link.awaitHint(journal.cloudSeq, signal);
    if (end <= journal.cloudSeq) await pause(timers, FRUITLESS_MS, signal);
  }
}

/** One at a time per chip: a clone held to a second reader of this box waits until the first is settled, and is then seen for what it is. */
import type { ChipUid } from '@pulsera/firmware-protocol/ids';

export class ChipQueue {
  readonly #last = new Map<ChipUid, Promise<unknown>>();

  async alone<T>(uid: ChipUid, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(uid);
    const mine = before === undefined ? work() : before.then(work, work);
    this.#last.set(uid, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(uid) === mine) this.#last.delete(uid);
    }
  }
}

/**
 * A wristband and some boxes, as small as they can be and still go wrong: two slots, writes that may be torn anywhere, boxes
 * that know nothing of each other and journal what they do. What really happened is kept beside, so that
 * what the graph concludes from the journals can be held against it.
 *
 * A torn write leaves its slot as it was, unreadable, or written all the same. It does not leave one that reads well
 * now and decays later: boxes write such a slot once more before they trust it.
 */
import type { BoxId, Epoch, Seq, TapRef } from '../src/ids.ts';
import type { Fact } from '../src/purse/graph.ts';

export type Tear = 'none' | 'untouched' | 'unreadable' | 'written';

export interface Step {
  readonly box: number;
  readonly tear: Tear;
  /** After a tear: the same box takes the cart anew, or writes the very same image again; or the guest walks away. */
  readonly after: 'retry' | 'rewrite' | 'leave';
}

interface Image {
  readonly counter: number;
  readonly id: string;
}
type Slot = Image | 'unreadable' | 'blank';
type Slots = [Slot, Slot];

interface Pending {
  readonly ref: TapRef;
  readonly before: string;
  readonly after: Image;
}

const ROOT: Image = { counter: 0, id: 'root' };
export const ISSUED: Fact = { kind: 'issued', root: ROOT.id };

export class Chip {
  slots: Slots;

  constructor(slots: Slots = [ROOT, 'blank']) {
    this.slots = slots;
  }

  get current(): Image {
    const images = this.slots.filter((slot): slot is Image => typeof slot === 'object');
    const [first, ...rest] = images;
    if (!first) throw new Error('a chip always holds an image');
    return rest.reduce((highest, image) => (image.counter > highest.counter ? image : highest), first);
  }

  /** Everything on it, as a cloner reads it. */
  copied(): Slots {
    return [...this.slots];
  }
}

export class Festival {
  /** Each box's journal, as facts in its order. */
  readonly journals: Fact[][];
  /** Images that were really on a chip, whole. */
  readonly happened = new Set<string>();
  readonly #pending: Pending[][];
  #images = 0;

  constructor(boxes: number) {
    this.journals = Array.from({ length: boxes }, () => []);
    this.#pending = Array.from({ length: boxes }, () => []);
  }

  /** One guest at one till, until the till is done with them. @returns whether the screen was green. */
  tap(chip: Chip, { box, tear, after }: Step): boolean {
    const green = this.#attempt(chip, box, tear);
    if (green) return true;
    if (after !== 'leave')
      return after === 'retry' ? this.#attempt(chip, box, 'none') : this.#rewrite(chip, box);
    const last = this.#pending[box]?.at(-1);
    if (last) this.#tell(box, last.ref, 'abandoned');
    return false;
  }

  #attempt(chip: Chip, box: number, tear: Tear): boolean {
    const { current } = chip;
    const mine = this.#pending[box] ?? [];
    const [before, other] = [current.id, chip.slots[current.counter % 2 === 0 ? 1 : 0]];
    const isSeen = ({ after }: Pending) =>
      [before, typeof other === 'object' ? other.id : ''].includes(after.id);
    const seen = mine.filter(isSeen);
    for (const { ref } of seen) this.#tell(box, ref, 'posted');
    const overwritten = mine.filter(pending => !isSeen(pending) && pending.before === before);
    this.#pending[box] = mine.filter(pending => !seen.includes(pending));
    // The last tap's own image, found again: that was the tap.
    if (seen.some(({ after }) => after === current) && tear === 'none') return true;

    const image: Image = { counter: current.counter + 1, id: `image-${++this.#images}` };
    const ref = this.#append(box, before, image.id);
    const slot = image.counter % 2 === 0 ? 0 : 1;
    if (tear === 'none' || tear === 'written') {
      chip.slots[slot] = image;
      this.happened.add(image.id);
    } else if (tear === 'unreadable') chip.slots[slot] = 'unreadable';
    if (tear !== 'none') {
      this.#pending[box]?.push({ ref, before, after: image });
      return false;
    }
    this.#tell(box, ref, 'posted');
    for (const pending of overwritten) this.#tell(box, pending.ref, 'dropped');
    this.#pending[box] = (this.#pending[box] ?? []).filter(pending => !overwritten.includes(pending));
    return true;
  }

  /** The tap goes on: its image, still wanted, is written once more, and read back. */
  #rewrite(chip: Chip, box: number): boolean {
    const mine = this.#pending[box] ?? [];
    const last = mine.pop();
    if (!last) throw new Error('nothing was torn');
    chip.slots[last.after.counter % 2 === 0 ? 0 : 1] = last.after;
    this.happened.add(last.after.id);
    this.#tell(box, last.ref, 'posted');
    // What else this box had torn from the same image is overwritten now.
    const overwritten = mine.filter(({ before }) => before === last.before);
    for (const { ref } of overwritten) this.#tell(box, ref, 'dropped');
    this.#pending[box] = mine.filter(pending => !overwritten.includes(pending));
    return true;
  }

  #append(box: number, before: string, after: string): TapRef {
    const journal = this.journals[box] ?? [];
    const ref: TapRef = { box: (box + 1) as BoxId, epoch: 1 as Epoch, seq: (journal.length + 1) as Seq };
    journal.push({ kind: 'write', ref, before, after });
    return ref;
  }

  #tell(box: number, ref: TapRef, outcome: 'posted' | 'dropped' | 'abandoned'): void {
    this.journals[box]?.push({ kind: 'told', ref, outcome });
  }

  /** Every fact there is, the issue first. */
  facts(): Fact[] {
    return [ISSUED, ...this.journals.flat()];
  }
}

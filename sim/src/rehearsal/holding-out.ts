/** A guest before the reader: holds the wristband out whenever the screen asks for it, and goes away when it takes too long. */
import type { ChipUid, TapId } from '@pulsera/firmware-protocol/ids';
import type { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import type { Prompt } from '@pulsera/firmware-protocol/wire/till';
import type { Post, Site } from './site.ts';
import { HANDS_MS } from './till.ts';
import type { VirtualTime } from './time.ts';
import type { Manner } from './visit.ts';

/** Who stands there, with which wristband. */
export interface Holder {
  readonly name: string;
  readonly uid: ChipUid;
  /** Which piece of plastic, where it is a copy. */
  readonly thing?: string;
  readonly chip: VirtualChip;
}

export class HoldingOut {
  readonly #site: Site;
  readonly #post: Post;
  readonly #holder: Holder;
  readonly #tapId: TapId;
  readonly #manner: Manner;
  readonly #callOff: () => void;
  #isOver = false;
  #isFedUp = false;
  #hasLeft = false;
  #again = 0;

  /** @param waits for the answer though fed up: there is money on the counter */
  constructor(site: Site, post: Post, holder: Holder, tapId: TapId, manner: Manner, waits: boolean) {
    this.#site = site;
    this.#post = post;
    this.#holder = holder;
    this.#tapId = tapId;
    this.#manner = manner;
    post.till.onPrompt = prompt => this.#prompted(prompt);
    this.#callOff = site.time.after(manner.staysMs, () => {
      this.#giveUp();
      site.time.beside(post.reader.remove(holder.chip));
      if (!waits) this.tellLeft();
    });
  }

  /** Gone before there was an answer. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  tellLeft(): void {
    if (!this.#hasLeft) this.#site.witness.tell({ kind: 'left', tapId: this.#tapId });
    this.#hasLeft = true;
  }

  /** The answer is there, or never will be. */
  end(): void {
    this.#isOver = true;
    this.#callOff();
  }

  #prompted({ tapId, ask }: Prompt): void {
    if (tapId !== this.#tapId || this.#isOver) return;
    const { time } = this.#site;
    const { reader } = this.#post;
    if (ask === 'tap-again') this.#again += 1;
    if (this.#isFedUp || this.#again > this.#manner.patience) {
      this.#giveUp();
      return;
    }
    if (ask === 'tap-again') time.beside(reader.remove());
    if (ask === 'remove-wristband') time.beside(reader.remove(this.#holder.chip));
    else if (ask !== 'hold-still') time.after(this.#manner.reactionMs, () => time.beside(this.#present()));
  }

  /** The operator presses cancel; the answer says what became of it. */
  #giveUp(): void {
    this.#isFedUp = true;
    this.#post.till.tell({ leaf: 'cancel', request: { tapId: this.#tapId } });
  }

  async #present(): Promise<void> {
    const { time, witness } = this.#site;
    const { reader } = this.#post;
    if (!this.#isDone && !reader.isUp()) await plugged(this.#post, time);
    // Meanwhile the guest may have gone, and another one stands there.
    if (this.#isDone) return;
    const { uid, chip, thing = uid } = this.#holder;
    witness.tell({ kind: 'presented', tapId: this.#tapId, uid, thing });
    await reader.present(chip);
  }

  get #isDone(): boolean {
    return this.#isOver || this.#isFedUp;
  }
}

/** Somebody puts the cable back; a box without power has no reader either way. */
export async function plugged({ box, reader }: Post, time: VirtualTime): Promise<void> {
  await time.sleep(HANDS_MS);
  if (box.isUp) await reader.plug();
}

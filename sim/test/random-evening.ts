/**
 * An evening of guests at two boxes that mostly can't see each other, drawn from a seed: real desks, journals, drivers and
 * purses, virtual chips and readers that fail, power cuts, tills that vanish, and a cloud that hears of it in pieces. Beside it a
 * purse is kept per guest by what the screens said, and nothing else: what the books must come to in the end;
 * `evening-check.ts` holds them to each other.
 */
import type { BoxId, ChipUid, Generation, SaleId, Seq, TapId, TillId } from '@pulsera/firmware-protocol/ids';
import { genesis } from '@pulsera/firmware-protocol/journal/chain';
import { openHead } from '@pulsera/firmware-protocol/journal/head';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { drawFault } from '@pulsera/firmware-protocol/virtual/faults';
import { type Random, seededRandom } from '@pulsera/firmware-protocol/virtual/random';
import { decodeBatch, encodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import type { TillResult } from '@pulsera/firmware-protocol/wire/till';
import { CloudInMemory } from '../../cloud-api/test/cloud-in-memory.ts';
import { bless } from '../../edge-node/test/bar-sample.ts';
import { boxKey, cloudKey, EVENT, sha256, uidOf, walletOf } from '../../edge-node/test/journal-sample.ts';
import { Box, settle, type Tap, TILLS, type Till } from './evening-box.ts';
import { type Guest, hasChip, slotsOf } from './evening-guest.ts';

const GUESTS = 3;
const BOXES = [3, 4] as const;
const uuid = (kind: number, n: number) =>
  `00000000-0000-4000-80${kind.toString(16).padStart(2, '0')}-${n.toString(16).padStart(12, '0')}`;

export class Evening {
  readonly random: Random;
  readonly cloud = new CloudInMemory({
    event: EVENT,
    boxes: new Map(BOXES.map(box => [box as BoxId, boxKey.verify])),
    sign: cloudKey.sign,
  });
  readonly guests: Guest[] = [];
  readonly boxes: Box[];
  readonly log: string[] = [];
  readonly problems: string[] = [];
  /** Approved charges of each box, to be reversed some day. */
  readonly #sales = new Map<Box, Tap[]>();
  readonly #payouts: { box: Box; till: TillId; tapId: TapId }[] = [];
  /** Without a green screen, and a gain for the guest if it came about. */
  readonly open: { box: Box; tap: Tap }[] = [];
  /** Guests whose wristband died: torn at one box, so that a page read well for a while, and torn again at the other. */
  readonly lost = new Set<number>();
  thief: Guest | undefined;
  #stolenAt = '';
  hasCopyPaid = false;
  hasOriginalPaid = false;
  #ids = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.boxes = BOXES.map((number, i) => {
      const box: Box = new Box(number, TILLS.slice(2 * i, 2 * i + 2), this.random, (till, result) =>
        this.#hear(box, till, result),
      );
      this.#sales.set(box, []);
      return box;
    });
  }

  async begin(): Promise<void> {
    for (let n = 1; n <= GUESTS; n++) {
      const chip = new VirtualChip(uidOf(n));
      await bless(chip, n);
      this.guests.push({ n, chip, replaced: [], owedMinor: 0 });
      await this.cloud.issue({ uid: uidOf(n), wallet: walletOf(n), root: slotsOf(chip)[0] });
    }
    const [first] = this.boxes;
    for (const guest of this.guests) if (first) await this.#plain(guest, 'topup', 5000, first);
  }

  async close(): Promise<void> {
    for (const box of this.boxes) await box.close();
  }

  async step(): Promise<void> {
    const what = this.random.below(100);
    if (what < 62) await this.#tapAt(this.#any(this.boxes));
    else if (what < 70)
      await Promise.all([this.#tapAt(this.boxes[0] as Box, 0), this.#tapAt(this.boxes[1] as Box, 1)]);
    else if (what < 82) await this.#sync(this.#any(this.boxes), 1 + this.random.below(12));
    else if (what < 90) await this.#pull(this.#any(this.boxes));
    else if (what < 93) await this.#credit(this.#any(this.guests));
    else if (what < 96) await this.#payOut();
    else if (what < 98) await this.#askAgain();
    else if (what < 99) await this.#replace(this.#any(this.guests));
    else await this.#crash(this.#any(this.boxes));
  }

  /** Everything heals, every till is done with, every journal is in, every chip is tapped at both boxes. */
  async finish(): Promise<void> {
    for (const box of this.boxes) {
      if (box.isDown) await this.#crash(box);
      box.appends = Number.POSITIVE_INFINITY;
      for (const till of box.tills) {
        till.reader.disarm();
        await till.reader.plug();
        await till.reader.remove();
        await this.#resolve(box, till);
      }
    }
    for (let round = 0; round < 3; round++) {
      await this.#level();
      for (const guest of this.guests) {
        for (const box of this.boxes) {
          await this.#plain(guest, 'topup', 1, box);
          await this.#level();
        }
      }
    }
    while (this.#payouts.length > 0) await this.#payOut();
    await this.#level();
    await this.cloud.complete();
  }

  async #level(): Promise<void> {
    for (let i = 0; i < 3; i++) {
      for (const box of this.boxes) await this.#sync(box, 4000);
      for (const box of this.boxes) await this.#pull(box, 4000);
    }
  }

  #any<T>(of: readonly T[]): T {
    return of[this.random.below(of.length)] as T;
  }

  #newTap(box: Box): Tap {
    const guest = this.#any(this.guests);
    const tapId = uuid(1, ++this.#ids) as TapId;
    const noOne = { operator: null, shift: null };
    const drawn = this.random.below(100);
    if (drawn < 55) {
      const saleId = uuid(2, this.#ids) as SaleId;
      const product = this.random.chance(0.15) ? 'cup' : 'beer';
      const quantity = 1 + this.random.below(3);
      const request = { tapId, saleId, ...noOne, lines: [{ product, quantity }] };
      return { tapId, leaf: 'charge', guest, request, gainMinor: product === 'cup' ? 100 * quantity : 0 };
    }
    if (drawn < 75) {
      const amountMinor = 100 * (1 + this.random.below(30));
      const request = { tapId, ...noOne, amountMinor, tender: 'cash' };
      return { tapId, leaf: 'topup', guest, request, gainMinor: 0 };
    }
    if (drawn < 82) {
      const request = { tapId, ...noOne, amountMinor: this.random.chance(0.2) ? null : 300 };
      return { tapId, leaf: 'cashout', guest, request, gainMinor: 0 };
    }
    const sales = this.#sales.get(box) ?? [];
    if (drawn < 93 && sales.length > 0) {
      const sale = this.#any(sales);
      const result = sale.result as { amountMinor?: number } | undefined;
      const request = { tapId, ...noOne, ofTapId: sale.tapId };
      return { tapId, leaf: 'reverse', guest: sale.guest, request, gainMinor: result?.amountMinor ?? 0 };
    }
    return { tapId, leaf: 'balance', guest, request: { tapId }, gainMinor: 0 };
  }

  /** Whatever may happen at one till, up to an answer or to everybody's going away. */
  async #tapAt(box: Box, guestAt?: number): Promise<void> {
    if (box.isDown) await this.#crash(box);
    const till = this.#any(box.tills);
    await till.reader.plug();
    if (
      till.stands === 'asked' ||
      till.stands === 'cut' ||
      (till.stands === 'lost' && this.random.chance(0.5))
    ) {
      if (this.random.chance(0.3)) return this.#resolve(box, till);
    } else {
      if (till.tap) this.#letGo(box, till);
      let tap = this.#newTap(box);
      while (guestAt !== undefined && tap.guest.n % 2 !== guestAt % 2) tap = this.#newTap(box);
      till.tap = tap;
    }
    if (guestAt !== undefined && till.tap && till.tap.guest.n % 2 !== guestAt % 2) return;
    const { tap } = till;
    if (!tap) return;
    if (till.stands !== 'asked') box.tell(till.id, tap.leaf, tap.request);
    till.stands = 'asked';
    if (this.random.chance(0.06)) box.appends = this.random.below(3);
    await settle();
    for (let look = 0; look < 4 && till.tap === tap; look++) {
      if (this.random.chance(0.4)) till.reader.arm(drawFault(this.random));
      await till.reader.present(this.#worn(tap.guest));
      await settle();
      if (box.isDown) {
        this.log.push(`crash ${box.number}`);
        await box.restart();
        return;
      }
      await till.reader.remove();
      await till.reader.plug();
      till.reader.disarm();
      await settle();
      if (till.tap !== tap) return;
      const what = this.random.below(100);
      if (what < 8) box.tell(till.id, 'cancel', { tapId: tap.tapId });
      else if (what < 14) box.timeOut();
      else if (what < 24) {
        this.log.push(`gone ${till.id}`);
        box.desk.onTerminalGone(till.id);
        await settle();
        // Told of a fault, it knows that nothing came of it so far; not told anything, it may as well go on.
        if (till.tap === tap && till.stands === 'asked') till.stands = 'lost';
        return;
      } else if (what < 36) return;
      else if (what < 42 && guestAt === undefined) {
        const other = this.#any(this.guests);
        await till.reader.present(other.chip);
        await settle();
        await till.reader.remove();
      }
      await settle();
    }
  }

  /** The till asks again, and cancels. */
  async #resolve(box: Box, till: Till): Promise<void> {
    const { tap } = till;
    if (!tap) return;
    if (till.stands !== 'asked') box.tell(till.id, tap.leaf, tap.request);
    till.stands = 'asked';
    await settle();
    if (till.tap === tap) box.tell(till.id, 'cancel', { tapId: tap.tapId });
    await settle();
    if (box.isDown) return await this.#crash(box);
    if (till.tap === tap) this.problems.push(`no answer to ${tap.tapId} at ${till.id}`);
  }

  /** The till goes on to another tap. */
  #letGo(box: Box, till: Till): void {
    if (till.tap) till.tap.guest = this.#paidBy(box, till.tap);
    // Where nothing was ever begun, the box can't know of any cash: the till hands it back.
    if (till.tap && box.journal.views.tapAnswer(till.tap.tapId)) this.#ungreen(box, till.tap);
    this.log.push(`let go ${till.tap?.tapId}`);
    delete till.tap;
    till.stands = 'free';
  }

  /** Another wristband may have been held out than was meant to. */
  #paidBy(box: Box, { tapId, guest }: Tap): Guest {
    const uid = box.journal.views.tapAnswer(tapId)?.entry.body.uid;
    return this.guests.find(of => hasChip(of, uid)) ?? guest;
  }

  #ungreen(box: Box, tap: Tap): void {
    if (tap.leaf === 'topup') tap.guest.owedMinor += (tap.request as { amountMinor: number }).amountMinor;
    else if (tap.gainMinor > 0) this.open.push({ box, tap });
  }

  #hear(box: Box, tillId: TillId, result: TillResult): void {
    this.log.push(`${box.number} ${tillId} ${JSON.stringify(result)}`);
    const till = box.tills.find(({ id }) => id === tillId);
    const tap = till?.tap;
    if (!till || !tap || !('tapId' in result) || result.tapId !== tap.tapId) return;
    if (result.outcome === 'fault') {
      if (!['reader-down', 'till-busy'].includes(result.code)) this.problems.push(`fault ${result.code}`);
      till.stands = 'cut';
      return;
    }
    tap.result = result;
    this.#noteTheft(tap);
    tap.guest = this.#paidBy(box, tap);
    delete till.tap;
    till.stands = 'free';
    if (result.outcome === 'approved') {
      tap.guest.owedMinor -= result.amountMinor;
      if (tap.leaf === 'charge') this.#sales.get(box)?.push(tap);
      if (tap.leaf === 'cashout') this.#payouts.push({ box, till: tillId, tapId: tap.tapId });
    } else if (result.outcome === 'cancelled' && result.chip === 'unsettled') this.#ungreen(box, tap);
  }

  /** Both the copy and the original were written to since one was made of the other. */
  #noteTheft({ tapId, leaf, guest, result }: Tap): void {
    const isWritten = result?.outcome === 'approved' && leaf !== 'balance';
    if (this.thief === undefined || !isWritten || tapId <= this.#stolenAt) return;
    if (guest === this.thief) this.hasCopyPaid = true;
    else if (guest.n === this.thief.n) this.hasOriginalPaid = true;
  }

  async #payOut(): Promise<void> {
    const next = this.#payouts[0];
    if (!next) return;
    if (next.box.isDown) await this.#crash(next.box);
    const record = next.box.journal.views.tapAnswer(next.tapId);
    if (record && next.box.journal.views.isDrawerPaid(record.ref)) this.#payouts.shift();
    const request = () => ({ requestId: uuid(3, ++this.#ids), tapId: next.tapId, operator: null });
    next.box.tell(next.till, 'drawer-paid', request());
    next.box.tell(next.till, 'drawer-paid', request());
    await settle();
  }

  /** An old tap once more: the same answer, and nothing else happens. */
  async #askAgain(): Promise<void> {
    const box = this.#any(this.boxes);
    const sales = this.#sales.get(box) ?? [];
    if (sales.length === 0 || box.isDown) return;
    const tap = this.#any(sales);
    const till = box.tills.find(({ stands }) => stands === 'free');
    const seen = this.log.length;
    if (till) box.tell(till.id, tap.leaf, tap.request);
    await settle();
    for (const line of this.log.slice(seen)) {
      const same = line.includes(JSON.stringify(tap.result)) || line.includes('tap-id-reused');
      if (!same) this.problems.push(`asked again: ${line}`);
    }
  }

  async #credit(guest: Guest): Promise<void> {
    const [mainMinor, bonusMinor] = [100 * this.random.below(9), 100 * (1 + this.random.below(4))];
    guest.owedMinor += mainMinor + bonusMinor;
    await this.cloud.credit(walletOf(guest.n), mainMinor, bonusMinor, `p${++this.#ids}`);
  }

  /** A new wristband at the cloud; the old one stays around. Not for whom it may be copied: what is copied must stay in use. */
  async #replace(guest: Guest): Promise<void> {
    if (guest.n === this.guests[0]?.n) return;
    const generation = guest.replaced.length + 2;
    const next = new VirtualChip(uidOf(100 * generation + guest.n));
    await bless(next, guest.n, {}, { generation: generation as Generation });
    this.log.push(`replace ${guest.n}`);
    await this.cloud.replace(walletOf(guest.n), next.uid as ChipUid, slotsOf(next)[0]);
    guest.replaced.unshift(guest.chip);
    guest.chip = next;
  }

  /** A replaced wristband may be held out too: boxes that have not heard of it take it. */
  #worn({ chip, replaced }: Guest): VirtualChip {
    return replaced.length > 0 && this.random.chance(0.4) ? this.#any(replaced) : chip;
  }

  async #sync({ number: box, isDown, journal }: Box, most: number): Promise<void> {
    if (isDown) return;
    const { event, epoch } = journal;
    const after = await this.cloud.held({ box, epoch });
    const contents = journal.entriesAfter(after, most, 1e9);
    if (contents.length === 0) return;
    const before =
      after === 0
        ? genesis(event, box, epoch, sha256)
        : openHead('pulsera/head', journal.headAt(after), boxKey.verify).hash;
    const head = journal.headAt((after + contents.length) as Seq);
    const fromSeq = (after + 1) as Seq;
    await this.cloud.receive(box, encodeBatch({ event, box, epoch, fromSeq, before, contents, head }));
  }

  async #pull(box: Box, most = 1 + this.random.below(12)): Promise<void> {
    if (box.isDown) return;
    const after = box.journal.cloudSeq;
    const batch = await this.cloud.batch(after, most);
    if (batch === undefined) return;
    const { contents, head } = decodeBatch(batch);
    const opened = openHead('pulsera/head', head, cloudKey.verify);
    await box.desk.obey({ after, contents, head: opened, signedHead: head });
  }

  async #crash(box: Box): Promise<void> {
    this.log.push(`crash ${box.number}`);
    await box.restart();
  }

  /** A tap where nothing goes wrong. @returns whether it was approved */
  async #plain(guest: Guest, what: 'topup' | 'charge', amountMinor: number, box: Box): Promise<boolean> {
    const [till] = box.tills;
    if (till === undefined) return false;
    const tapId = uuid(1, ++this.#ids) as TapId;
    const about = { tapId, operator: null, shift: null };
    const request =
      what === 'topup'
        ? { ...about, amountMinor, tender: 'cash' }
        : { ...about, saleId: uuid(2, this.#ids), lines: [{ product: 'water', quantity: 1 }] };
    const tap: Tap = { tapId, leaf: what, guest, request, gainMinor: 0 };
    till.tap = tap;
    box.tell(till.id, what, request);
    await settle();
    await till.reader.present(guest.chip);
    await settle();
    await till.reader.remove();
    await settle();
    if (till.tap) this.problems.push(`no answer to ${tapId}, in peace`);
    const { result } = tap;
    if (result?.outcome === 'declined' && result.reason === 'chip-forged') this.lost.add(guest.n);
    return result?.outcome === 'approved';
  }

  /** The first guest's wristband is copied while it is out of every field. */
  steal(): void {
    const [robbed] = this.guests;
    if (robbed === undefined) return;
    const chip = new VirtualChip(robbed.chip.uid);
    chip.restore(robbed.chip.image());
    this.#stolenAt = uuid(1, this.#ids);
    this.thief = { n: robbed.n, chip, replaced: [], owedMinor: 0 };
  }

  /** The copy pays at one of the boxes, if that one is up and its first till is free. */
  async spendCopy(): Promise<void> {
    const box = this.#any(this.boxes);
    const till = box.tills[0];
    if (this.thief === undefined || box.isDown || till?.stands !== 'free' || till.tap) return;
    box.appends = Number.POSITIVE_INFINITY;
    await till.reader.plug();
    await this.#plain(this.thief, 'charge', 0, box);
  }
}

/** What happens to the site while the tills sell: an online credit, the cable, the copied wristband, and what becomes of it. */
import { ChipUid, type Generation } from '@pulsera/firmware-protocol/ids';
import { type Currency, formatMinor } from '@pulsera/firmware-protocol/money/money';
import { VirtualChip } from '@pulsera/firmware-protocol/virtual/chip';
import { type CloudView, lookAtCloud, type SeenCase } from './cloud-watch.ts';
import type { Guest } from './guest.ts';
import type { Site } from './site.ts';
import { buy, type Evening, runErrand, type StaffedTill, topUpOnce } from './staff.ts';
import { sleep } from './visit.ts';

/** Shares of the evening. */
const CREDIT_AT = 0.16;
const CUT_AT = 0.3;
const CLONE_AT = 0.36;
const MEND_AT = 0.62;
/** Enough for whatever one payment may come to, at both boxes: each copy holds all of it. */
const CLONE_WORTH_MINOR = 20_000;
const CREDIT_MINOR = 2_500;
const LOOK_MS = 250;
const FIRST = 1 as Generation;

export interface Clone {
  readonly guest: Guest;
  readonly copy: VirtualChip;
  /** Answers at both boxes once the case was open and the block had come down. */
  readonly after: readonly string[];
}

export interface Story {
  readonly lines: string[];
  cloud: CloudView;
  clone: Clone | undefined;
}

export interface Telling {
  readonly site: Site;
  readonly tills: readonly StaffedTill[];
  readonly evening: Evening;
  readonly story: Story;
  readonly note: (text: string) => void;
  readonly currency: Currency;
}

export async function tell({ site, tills, evening, story, note, currency }: Telling): Promise<void> {
  await until(evening, CREDIT_AT);
  const late = site.guests.slice(0, 5);
  await creditOnline(site, late, CREDIT_MINOR, evening.uuid);
  note(
    `${late.length} guests top up online, ${formatMinor(CREDIT_MINOR, currency)} each: their next tap loads it`,
  );

  await until(evening, CUT_AT);
  const [first, second] = site.boxes;
  first.cable.cut();
  second.cable.blackHole();
  note('the cable of box 1 is cut; the one of box 2 goes silent without a word');

  await until(evening, CLONE_AT);
  const clone = await copyAndSpend(tills, evening, note);

  await until(evening, MEND_AT);
  for (const { cable } of site.boxes) cable.mend();
  note('the cables are mended');
  if (clone === undefined) return;

  const found = await caseOf(site, clone.guest, evening, story);
  if (found === undefined) return note('no case was opened for the copied wristband');
  const bound = found.lossBoundMinor === null ? 'unknown' : formatMinor(found.lossBoundMinor, currency);
  note(`case: ${found.kind} of wristband ${clone.guest.number}, at most ${bound} lost`);
  const after = await declinedAtBoth(site, tills, clone, evening);
  note(`both copies are held out again: ${after.join(', ')}`);
  story.clone = { ...clone, after };
}

/** Keeps an eye on the cloud for the screen, until told to stop. */
export async function watchCloud(site: Site, story: Story, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    story.cloud = await lookAtCloud(site.organizer, site.event);
    await sleep(LOOK_MS);
  }
}

/** These guests top up online; the next tap of each loads it, wherever the credit has got to by then. */
export async function creditOnline(
  { organizer, event }: Pick<Site, 'organizer' | 'event'>,
  guests: readonly Guest[],
  amountMinor: number,
  uuid: () => string,
): Promise<void> {
  await Promise.all(
    guests.map(async guest => {
      const reference = `demo-${uuid()}`;
      await organizer.call('POST', `${event.path}/wallets/${guest.wallet}/credits`, {
        mainMinor: amountMinor,
        reference,
      });
      guest.onlineMinor += amountMinor;
    }),
  );
}

/** Somebody copies a wristband while the boxes are cut off, and both are used, one at each box. */
async function copyAndSpend(tills: readonly StaffedTill[], evening: Evening, note: (text: string) => void) {
  const bars = [0, 1].map(box => tills.find(till => till.box === box && till.kind === 'bar'));
  const topUp = tills.find(till => till.box === 0 && till.kind === 'topup');
  const [here, there] = bars;
  const guest = evening.crowd.take(
    Math.floor(evening.crowd.guests.length / 2),
    ({ mustVisit }) => mustVisit === undefined,
  );
  if (!here || !there || !topUp || !guest) return undefined;
  await runErrand(topUp, () => topUpOnce(topUp, guest.chip, CLONE_WORTH_MINOR, evening));
  const copy = new VirtualChip(guest.chip.uid);
  copy.restore(guest.chip.image());
  note(`wristband ${guest.number} is copied, chip and all`);
  const [original, copied] = await Promise.all([
    runErrand(here, () => buy(here, guest.chip, evening)),
    runErrand(there, () => buy(there, copy, evening)),
  ]);
  note(`the original at box 1: ${original.outcome}; the copy at box 2: ${copied.outcome}`);
  return { guest, copy };
}

async function caseOf(
  site: Site,
  { chip, wallet }: Guest,
  evening: Evening,
  story: Story,
): Promise<SeenCase | undefined> {
  while (evening.share() < 1) {
    const found = story.cloud.cases.find(({ uid }) => uid === chip.uid);
    const isBlocked = site.boxes.every(
      ({ box }) => box.journal.views.blocked(ChipUid.parse(chip.uid), wallet, FIRST) !== undefined,
    );
    if (found && isBlocked) return found;
    await sleep(LOOK_MS);
  }
  return undefined;
}

async function declinedAtBoth(
  site: Site,
  tills: readonly StaffedTill[],
  { guest, copy }: Pick<Clone, 'guest' | 'copy'>,
  evening: Evening,
): Promise<string[]> {
  return await Promise.all(
    site.boxes.map(async (_, box) => {
      const till = tills.find(candidate => candidate.box === box && candidate.kind === 'bar');
      if (!till) return 'no till';
      const result = await runErrand(till, () => buy(till, box === 0 ? guest.chip : copy, evening));
      return result.outcome === 'declined' ? result.reason : result.outcome;
    }),
  );
}

async function until(evening: Evening, share: number): Promise<void> {
  while (evening.share() < share) await sleep(50);
}

/**
 * An evening is played: every guest wants what was drawn for it beforehand, one thing after the other, and every till has its shifts.
 * Who is late because of a queue goes on from there.
 */
import { type Grounds, groundsOf } from './at-till.ts';
import { carryOut } from './errands.ts';
import { newGuest } from './guest.ts';
import type { Site } from './site.ts';
import type { StaffedTill } from './staffed-till.ts';
import type { Intent } from './workload/intent.ts';
import type { Shift } from './workload/operator.ts';

export interface Evening {
  /** In the order of time, which begins when the evening is played. */
  readonly intents: readonly Intent[];
  readonly shifts: readonly Shift[];
}

/** @returns when all guests are gone, and all shifts closed that are not left open */
export async function playEvening(site: Site, { intents, shifts }: Evening): Promise<void> {
  const startMs = site.time.nowMs();
  const due: Due = atMs => site.time.sleep(startMs + atMs - site.time.nowMs());
  const grounds = groundsOf(site);
  const all = Map.groupBy(intents, ({ guest }) => guest);
  const gone = Promise.all([...all].map(([number, own]) => attend(grounds, number, own, due)));
  const ofTill = Map.groupBy(shifts, ({ till }) => till);
  await Promise.all(grounds.tills.map(till => staff(till, ofTill.get(till.post.till.id) ?? [], due, gone)));
  await gone;
}

type Due = (atMs: number) => Promise<void>;

async function attend(grounds: Grounds, number: number, intents: readonly Intent[], due: Due): Promise<void> {
  const { chance, guests } = grounds.site;
  const guest = newGuest(number, chance.of(`guest ${number}`));
  guests.push(guest);
  const carryOutAll = async (wishes: readonly (readonly [Intent, number])[]) => {
    for (const [wish, i] of wishes) {
      const luck = `guest ${number} wish ${i}`;
      await due(wish.atMs);
      await carryOut(grounds, guest, wish, { random: chance.of(luck), id: () => chance.uuid(`${luck} ids`) });
    }
  };
  const isFinders = ([{ what }]: readonly [Intent, number]) => what === 'finder-buys';
  const numbered = intents.map((wish, i) => [wish, i] as const);
  await Promise.all([
    carryOutAll(numbered.filter(wish => !isFinders(wish))),
    carryOutAll(numbered.filter(isFinders)),
  ]);
}

/** One shift after the other; the last goes on until nobody is there any more. @param gone when all guests are */
async function staff(
  till: StaffedTill,
  shifts: readonly Shift[],
  due: Due,
  gone: Promise<unknown>,
): Promise<void> {
  let isEmpty = false;
  const empty = gone.then(() => {
    isEmpty = true;
  });
  const inTurn = (work: () => Promise<void>) => till.queue.served(Number.POSITIVE_INFINITY, work);
  let last: Shift | undefined;
  const close = async () => {
    // Null: whoever comes next finds it open.
    if (last !== undefined && last.closesMs !== null) await till.close(last.miscountMinor);
  };
  for (const shift of shifts) {
    await Promise.race([due(shift.opensMs), empty]);
    if (isEmpty) break;
    await inTurn(async () => {
      await close();
      await till.open(shift);
    });
    last = shift;
  }
  await empty;
  await inTurn(close);
}

/**
 * Does the journal say what the people at the tills saw and what lies on the wristbands? Pure, and written apart from the box: it knows
 * images only as bytes of which each was made from another one.
 */
import type { Effect } from '../audit/entry.ts';
import type { ChipState } from './crowd.ts';
import type { JournalTap } from './journal-copy.ts';
import type { Asked } from './witness.ts';

export interface Scene {
  readonly asked: readonly Asked[];
  readonly taps: readonly JournalTap[];
  readonly chips: readonly ChipState[];
}

/** @returns each contradiction in a sentence; none when all is well */
export function contradictions({ asked, taps, chips }: Scene): string[] {
  const onChips = new Set<JournalTap>();
  const writes = Map.groupBy(taps, ({ uid }) => uid);
  const wrong = chips.flatMap(chip => alongChip(chip, writes.get(chip.uid) ?? [], onChips));
  const byTap = Map.groupBy(taps, ({ tap }) => tap);
  return [
    ...wrong,
    ...asked.flatMap(one => ofTap(one, byTap.get(journalId(one.tapId)) ?? [], onChips)),
    ...unasked(asked, byTap),
  ];
}

const journalId = (tapId: string) => tapId.replaceAll('-', '');

/** From the image on the chip back to its root, by the writes of the journal. @param onChips gets every write on the way */
function alongChip(
  { uid, root, current }: ChipState,
  writes: readonly JournalTap[],
  onChips: Set<JournalTap>,
): string[] {
  if (current === undefined) return [`chip ${uid} holds no sealed image`];
  const madeBy = new Map(writes.map(write => [write.after, write]));
  const wrong: string[] = [];
  for (let image = current; image !== root; ) {
    const write = madeBy.get(image);
    if (write === undefined) return [...wrong, `chip ${uid} holds ${image}, which no entry wrote`];
    if (onChips.has(write)) return [...wrong, `chip ${uid} goes round in a circle at entry ${write.seq}`];
    onChips.add(write);
    if (write.state === 'dropped') wrong.push(`entry ${write.seq} is dropped, and lies on chip ${uid}`);
    if (write.state === 'pending' && image !== current) {
      wrong.push(`entry ${write.seq} is pending, and another write stands upon it on chip ${uid}`);
    }
    wrong.push(...sums(write));
    image = write.before ?? root;
  }
  for (const write of writes) {
    if (write.state !== 'posted' || onChips.has(write)) continue;
    wrong.push(`entry ${write.seq} is posted, and chip ${uid} never held it`);
  }
  return wrong;
}

function sums({ seq, before, after, effects }: JournalTap): string[] {
  const gone = before === null ? 0 : balanceMinor(before) - balanceMinor(after);
  const moved = takenMinor(effects);
  return gone === moved ? [] : [`entry ${seq} says it took ${moved}, and its images say ${gone}`];
}

function ofTap(asked: Asked, writes: readonly JournalTap[], onChips: ReadonlySet<JournalTap>): string[] {
  const name = `tap ${asked.tapId} of ${asked.till}`;
  const [first, ...more] = asked.answers;
  const wrong = more
    .filter(answer => JSON.stringify(answer) !== JSON.stringify(first))
    .map(answer => `${name} was answered ${JSON.stringify(first)}, then ${JSON.stringify(answer)}`);
  const held = writes.filter(write => onChips.has(write));
  if (held.length > 1) wrong.push(`${name} lies on its chip ${held.length} times`);
  for (const { seq, uid, effects } of writes) {
    if (uid !== asked.uid) wrong.push(`${name} was written to another wristband by entry ${seq}`);
    const taken = takenMinor(effects);
    if (taken !== asked.amountMinor)
      wrong.push(`${name} is ${asked.amountMinor}, and entry ${seq} took ${taken}`);
  }
  switch (first?.outcome) {
    case undefined:
      return wrong;
    case 'approved':
      return [...wrong, ...green(name, first, writes, held)];
    case 'cancelled':
      return first.chip === 'untouched'
        ? [...wrong, ...(held.length > 0 ? [`${name} left its chip untouched, and lies on it`] : [])]
        : [...wrong, ...(writes.some(write => write.isAbandoned) ? [] : [`${name} is not abandoned`])];
    default:
      return [...wrong, `${name} of an honest guest was answered ${JSON.stringify(first)}`];
  }
}

function green(
  name: string,
  answer: Extract<Asked['answers'][number], { outcome: 'approved' }>,
  writes: readonly JournalTap[],
  held: readonly JournalTap[],
): string[] {
  const posted = writes.filter(write => write.state === 'posted');
  const [write] = posted;
  if (write === undefined || posted.length > 1) {
    return [`${name} was green, and is posted ${posted.length} times`];
  }
  const wrong: string[] = [];
  if (write.isAbandoned) wrong.push(`${name} was green, and is abandoned`);
  if (!held.includes(write)) wrong.push(`${name} was green, and its chip doesn't hold it`);
  if (answer.amountMinor !== takenMinor(write.effects)) {
    wrong.push(`${name} was green for ${answer.amountMinor}, and entry ${write.seq} took another amount`);
  }
  if (answer.balanceMinor !== balanceMinor(write.after)) {
    wrong.push(`${name} showed ${answer.balanceMinor}, and entry ${write.seq} left another balance`);
  }
  return wrong;
}

function unasked(asked: readonly Asked[], byTap: ReadonlyMap<string, readonly JournalTap[]>): string[] {
  const known = new Set(asked.map(({ tapId }) => journalId(tapId)));
  return [...byTap.keys()].filter(tap => !known.has(tap)).map(tap => `tap ${tap} was asked for by nobody`);
}

function takenMinor(effects: readonly Effect[]): number {
  return effects.reduce((sum, effect) => sum + effectMinor(effect), 0);
}

function effectMinor(effect: Effect): number {
  switch (effect.kind) {
    case 'purchase':
      return effect.totalMinor;
    case 'cash-topup':
      return -effect.amountMinor;
    default:
      throw new RangeError(`no till here asks for a ${effect.kind}`);
  }
}

/** Bytes 4 to 6 of an image: docs/wire.md. */
export const balanceMinor = (image: string) => Number.parseInt(image.slice(8, 14), 16);

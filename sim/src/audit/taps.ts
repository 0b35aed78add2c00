/** Whether each tap agrees with itself, and with what it names. Those that don't are returned: each needs a case. */
import { expectedHeld, expectedPosted, sameLines } from './bookkeeping.ts';
import { type Image, readImage, type Tap } from './entry.ts';
import { type Chip, type Evidence, type KeptTap, readTap } from './evidence.ts';
import { rightFlaw } from './rights.ts';

/** `wallet/generation` → its credits by number. */
export type CreditLists = ReadonlyMap<string, ReadonlyMap<number, { mainMinor: number; bonusMinor: number }>>;

const BLANK: Image = { counter: -1, mainMinor: 0, bonusMinor: 0, creditNumber: 0 };

export function flawOf(
  tap: Tap,
  kept: KeptTap,
  chip: Chip,
  evidence: Evidence,
  credits: CreditLists,
): string | undefined {
  const before = tap.before === null ? BLANK : readImage(tap.before);
  const after = readImage(tap.after);
  if (after.counter !== before.counter + 1) return 'its counter does not follow the one before';
  if (tap.from !== null && before.counter % 2 !== tap.from) return 'it started from the wrong slot';
  if (chip.issued && (chip.issued.wallet !== tap.wallet || chip.issued.generation !== tap.generation)) {
    return 'it names another wallet than the wristband has';
  }
  const undone = reversedBy(tap, evidence);
  return (
    imageFlaw(tap, before, after, credits) ??
    undone.flaw ??
    rightFlaw(tap, kept, evidence) ??
    (sameLines(tap.held, expectedHeld(tap)) ? undefined : 'what it holds is not what its effects hold') ??
    (sameLines(tap.posted, expectedPosted(tap, undone.tap))
      ? undefined
      : 'what it posts is not what its effects post')
  );
}

function imageFlaw(tap: Tap, before: Image, after: Image, credits: CreditLists): string | undefined {
  let { mainMinor, bonusMinor, creditNumber } = before;
  for (const effect of tap.effects) {
    switch (effect.kind) {
      case 'purchase': {
        const due = effect.lines.reduce(
          (sum, line) => sum + line.quantity * (line.unitMinor + line.depositMinor),
          0,
        );
        if (due !== effect.totalMinor) return `its lines come to ${due}, and it charged ${effect.totalMinor}`;
        mainMinor -= effect.totalMinor - effect.bonusMinor;
        bonusMinor -= effect.bonusMinor;
        break;
      }
      case 'cash-topup':
        mainMinor += effect.amountMinor;
        break;
      case 'cash-out':
        mainMinor -= effect.amountMinor;
        break;
      case 'credit-load': {
        const list = credits.get(`${tap.wallet}/${tap.generation}`);
        if (effect.from !== creditNumber || effect.to <= effect.from) return 'it loads credits out of turn';
        let [main, bonus] = [0, 0];
        for (let number = effect.from + 1; number <= effect.to; number++) {
          const credit = list?.get(number);
          if (!credit) return `it loads credit ${number}, which nobody gave`;
          main += credit.mainMinor;
          bonus += credit.bonusMinor;
        }
        if (main !== effect.mainMinor || bonus !== effect.bonusMinor)
          return 'it loads other amounts than were given';
        mainMinor += main;
        bonusMinor += bonus;
        creditNumber = effect.to;
        break;
      }
      case 'reversal':
        mainMinor += effect.mainMinor;
        bonusMinor += effect.bonusMinor;
        break;
      case 'issue':
        break;
    }
  }
  const fits =
    after.mainMinor === mainMinor && after.bonusMinor === bonusMinor && after.creditNumber === creditNumber;
  return fits ? undefined : 'its effects do not come to the image it wrote';
}

/** The tap that is turned back, and whether main and bonus go back as they were paid. */
function reversedBy(tap: Tap, evidence: Evidence): { tap?: Tap; flaw?: string } {
  const reversals = tap.effects.filter(effect => effect.kind === 'reversal');
  const [reversal, second] = reversals;
  if (!reversal) return {};
  if (second) return { flaw: 'it reverses more than one sale' };
  const kept = evidence.taps.get(reversal.of);
  if (!kept) return { flaw: `it reverses ${reversal.of}, which nobody journaled` };
  const undone = readTap(kept);
  let [mainMinor, bonusMinor] = [0, 0];
  for (const effect of undone.effects) {
    if (effect.kind !== 'purchase') continue;
    mainMinor += effect.totalMinor - effect.bonusMinor;
    bonusMinor += effect.bonusMinor;
  }
  if (undone.uid !== tap.uid) return { tap: undone, flaw: 'it reverses a sale of another wristband' };
  if (mainMinor !== reversal.mainMinor || bonusMinor !== reversal.bonusMinor) {
    return { tap: undone, flaw: 'it gives back other amounts than were paid' };
  }
  return { tap: undone };
}

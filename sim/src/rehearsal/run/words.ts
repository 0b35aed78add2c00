/** Screens, journal entries and requests as people say them. Pure. */
import { currency, formatMinor } from '@pulsera/firmware-protocol/money/money';
import { z } from 'zod';
import { type Effect, type Read, type ReadOf, readImage, type Tap } from '../../audit/entry.ts';
import type { TapScreen } from '../auditor/screen.ts';
import type { Leaf, SeenOf } from '../auditor/seen.ts';
import type { Stored } from '../auditor/shelf.ts';
import type { Visit } from '../auditor/visit.ts';
import { GATES_OPEN_MS } from '../festival.ts';

const EUR = currency('EUR');
/** Without the currency, of which an evening has one. */
export const money = (minor: number): string => formatMinor(minor, EUR).split(' ', 1)[0] ?? '';

/** Enough to tell the taps of one evening apart. */
export const tapName = (tapId: string): string => `tap ${tapId.slice(-8)}`;

const CLOCK = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/Berlin',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});
/** As the clock above the bar shows it, when it is right. */
export const clock = (atMs: number): string => CLOCK.format(new Date(GATES_OPEN_MS + atMs));

const NAMES: Readonly<Record<Leaf, string>> = {
  charge: 'a charge',
  topup: 'a top-up',
  cashout: 'a cash-out',
  reverse: 'a reversal',
  balance: 'a look at the balance',
};

export function requestWords(leaf: Leaf, amountMinor: number | null, ofTapId: string | null): string {
  if (ofTapId !== null) return `${NAMES[leaf]} of ${tapName(ofTapId)}`;
  if (amountMinor !== null) return `${NAMES[leaf]} of ${money(amountMinor)}`;
  return leaf === 'cashout' ? 'a cash-out of all there is' : NAMES[leaf];
}

const PROMPTS: Readonly<Record<string, string>> = {
  'present-wristband': 'hold out the wristband',
  'hold-still': 'hold still',
  'tap-again': 'tap again',
  'remove-wristband': 'take the wristband away',
};

export function screenWords(screen: TapScreen): string {
  if ('ask' in screen) {
    return `"${PROMPTS[screen.ask] ?? screen.ask}"${screen.reason === null ? '' : ` (${screen.reason})`}`;
  }
  switch (screen.outcome) {
    case 'approved': {
      const { amountMinor, loadedMinor, balanceMinor, bonusMinor } = screen;
      const moved = amountMinor < 0 ? `, ${money(-amountMinor)} put on` : `, ${money(amountMinor)} taken`;
      const loaded = loadedMinor > 0 ? `, ${money(loadedMinor)} of online credit loaded` : '';
      return `GREEN${amountMinor === 0 ? '' : moved}${loaded}; ${holds(balanceMinor, bonusMinor)}`;
    }
    case 'declined': {
      const { reason, balanceMinor, bonusMinor } = screen;
      const left = balanceMinor === null ? '' : `; ${holds(balanceMinor, bonusMinor ?? 0)}`;
      return `RED, ${reason}${left}`;
    }
    case 'cancelled':
      return screen.chip === 'untouched' ? 'cancelled, nothing was written' : 'cancelled, and unsettled';
    case 'fault':
      return `fault ${screen.code}`;
  }
}

const holds = (balanceMinor: number, bonusMinor: number) =>
  `${money(balanceMinor)}${bonusMinor > 0 ? ` and a bonus of ${money(bonusMinor)}` : ''} left`;

const Answer = z.object({
  outcome: z.string(),
  code: z.string().optional(),
  figures: z.record(z.string(), z.number()).optional(),
});

/** Of a request that wants no wristband, a shift's say. */
export function answerWords(message: unknown): string {
  const { outcome, code, figures = {} } = Answer.parse(message);
  return [outcome, code ?? '', drawnWords(figures)].filter(Boolean).join(', ');
}

/** Undefined for what is about no guest. */
export function entryWords({ ref, read }: Pick<Stored, 'ref' | 'read'>): string | undefined {
  const words = read === undefined ? 'that nobody can read' : readWords(read);
  return words === undefined ? undefined : `${ref}: ${words}`;
}

/** Why a write is settled as it is. */
const EVIDENCE: Readonly<Record<ReadOf<'settlement'>['evidence'], string>> = {
  'read-back': ': it was read back',
  sight: ': it was seen on the chip',
  overwritten: ': its slot was written over',
  graph: ': all journals together say so',
  close: ': the event is over',
  none: '',
};

function readWords(read: Read): string | undefined {
  switch (read.kind) {
    case 'tap':
      return `${tapName(read.tap)} pending, ${effectsWords(read)}; ${imageWords(read.before)} becomes ${imageWords(read.after)}`;
    case 'settlement':
      return `${read.of} of ${tapName(read.tap)} is ${read.outcome}${EVIDENCE[read.evidence]}`;
    case 'drawer-paid':
      return `the cash of ${read.of} has left the drawer`;
    case 'issued':
      return `wristband ${read.uid} is issued, generation ${read.generation}`;
    case 'credited': {
      const bonus = read.bonusMinor > 0 ? ` and a bonus of ${money(read.bonusMinor)}` : '';
      return `online credit ${read.number}, ${money(read.mainMinor)}${bonus}: ${read.source}, ${read.reference}`;
    }
    case 'blocked':
      return `wristband ${read.uid} is blocked: ${read.reason}`;
    case 'replaced':
      return `wristband ${read.toUid} replaces ${read.fromUid}`;
    case 'reversal-granted':
      return `box ${read.to} may reverse ${read.of}, with ${tapName(read.tap)}`;
    case 'reversal-withdrawn':
      return `the right to reverse ${read.of} with ${tapName(read.tap)} is withdrawn`;
    default:
      return undefined;
  }
}

export const effectsWords = ({ effects }: Pick<Tap, 'effects'>): string =>
  effects.length === 0 ? 'without any effect' : effects.map(effectWords).join(', ');

function effectWords(effect: Effect): string {
  switch (effect.kind) {
    case 'purchase':
      return `charge of ${money(effect.totalMinor)}`;
    case 'cash-topup':
      return `top-up of ${money(effect.amountMinor)} by ${effect.tender}`;
    case 'credit-load':
      return `online credit ${effect.from + 1} to ${effect.to} loaded, ${money(effect.mainMinor + effect.bonusMinor)}`;
    case 'reversal':
      return `reversal of ${effect.of}, ${money(effect.mainMinor + effect.bonusMinor)}`;
    case 'cash-out':
      return `cash-out of ${money(effect.amountMinor)}`;
    case 'issue':
      return 'wristband made';
  }
}

/** @param image hex of a slot; null for a blank chip */
export function imageWords(image: string | null): string {
  if (image === null) return 'a blank chip';
  const { counter, mainMinor, bonusMinor, creditNumber } = readImage(image);
  const bonus = bonusMinor > 0 ? ` + ${money(bonusMinor)}` : '';
  const credit = creditNumber > 0 ? `, credit ${creditNumber}` : '';
  return `${money(mainMinor)}${bonus} (image ${counter}${credit})`;
}

/** "half-open-there, forMs 37211": of a strike, what was drawn for it. */
export function drawnWords(detail: Readonly<Record<string, unknown>>): string {
  return Object.entries(detail)
    .filter(([, value]) => value !== null)
    .map(
      ([name, value]) =>
        `${name} ${typeof value === 'object' ? drawnWords({ ...value }) : drawnValue(value)}`,
    )
    .join(', ');
}
const drawnValue = (value: unknown) => (typeof value === 'number' ? Math.round(value) : String(value));

export const boxName = (box: number) => (box === 0 ? 'cloud' : `box ${box}`);

export function handedWords({ tender, amountMinor }: SeenOf<'handed'>): string {
  const how = tender === 'cash' ? 'in cash' : 'by card';
  return amountMinor > 0 ? `pays ${money(amountMinor)} ${how}` : `is paid ${money(-amountMinor)} ${how}`;
}

export function endWords({ shown, screens, standing }: Visit): string {
  if (shown !== undefined) return screenWords(shown.screen);
  const last = screens.findLast(screen => 'outcome' in screen);
  return last === undefined ? `no answer was seen (${standing})` : screenWords(last);
}

/**
 * What can go wrong at a virtual reader, each thing once and at a place that is known beforehand. `drawFault` picks one
 * from a seed, so that a whole evening of bad luck can be played again.
 */
import { WRITE } from '../chip/ntag21x/commands.ts';
import { PAGE_BYTES } from '../chip/ntag21x/model.ts';
import type { TornPage } from './chip.ts';
import type { Random } from './random.ts';

/** Exchanges and WRITEs are counted from 0, from the moment the fault is armed. */
export type VirtualFault =
  /** The chip leaves while the page of that WRITE is being programmed; 4 bytes programmed means only the ACK is lost. */
  | ({ readonly kind: 'tear'; readonly atWrite: number } & TornPage)
  /** The chip leaves before that exchange. */
  | { readonly kind: 'removed'; readonly atExchange: number }
  /** The reader's cable is pulled before that exchange. */
  | { readonly kind: 'unplugged'; readonly atExchange: number }
  /** A second chip comes into the field before that exchange, and neither can be heard. */
  | { readonly kind: 'second-chip'; readonly atExchange: number }
  /**
   * One bit of the answer flips. The reader sees it by the CRC and has nothing to hand on, unless it `slips` through;
   * ACK and NAK have no CRC, there the flipped bit is always handed on.
   */
  | {
      readonly kind: 'bit-error';
      readonly atExchange: number;
      readonly bit: number;
      readonly slips?: boolean;
    };

/** The chip is torn away as byte `n` of all bytes written is programmed: the bytes before it are on the chip. */
export function tearAtByte(n: number): VirtualFault {
  return { kind: 'tear', atWrite: Math.floor(n / PAGE_BYTES), programmed: n % PAGE_BYTES };
}

const KINDS = ['tear', 'tear', 'tear', 'removed', 'unplugged', 'second-chip', 'bit-error'] as const;
/** Exchanges and page writes of a tap, within which a drawn fault falls. */
const TAP_EXCHANGES = 7;
const TAP_WRITES = 5;

/** A fault for one tap; tears are the likeliest, as they are at a bar. */
export function drawFault(random: Random): VirtualFault {
  const kind = KINDS[random.below(KINDS.length)] ?? 'tear';
  const atExchange = random.below(TAP_EXCHANGES);
  switch (kind) {
    case 'tear':
      return {
        kind,
        atWrite: random.below(TAP_WRITES),
        programmed: random.below(PAGE_BYTES + 1),
        weakReads: random.below(3),
      };
    case 'bit-error':
      return { kind, atExchange, bit: random.below(64 * 8) };
    default:
      return { kind, atExchange };
  }
}

interface Armed {
  readonly fault: VirtualFault;
  exchanges: number;
  writes: number;
}

/** The faults that lie in wait, each with its own count. */
export class FaultLine {
  #armed: Armed[] = [];

  arm(fault: VirtualFault): void {
    this.#armed.push({ fault, exchanges: 0, writes: 0 });
  }

  disarm(): void {
    this.#armed = [];
  }

  /** The fault that strikes in this exchange, if any. Each strikes once. */
  next(frame: Uint8Array): VirtualFault | undefined {
    const isWrite = frame[0] === WRITE;
    const striking = this.#armed.find(({ fault, exchanges, writes }) =>
      fault.kind === 'tear' ? isWrite && writes === fault.atWrite : exchanges === fault.atExchange,
    );
    this.#armed = this.#armed.filter(armed => armed !== striking);
    for (const armed of this.#armed) {
      armed.exchanges += 1;
      if (isWrite) armed.writes += 1;
    }
    return striking?.fault;
  }
}

/** The answer as it reaches the host after a bit error; empty when the reader threw it away. */
export function withBitError(answer: Uint8Array, fault: VirtualFault & { kind: 'bit-error' }): Uint8Array {
  const isNibble = answer.length === 1;
  if (!isNibble && fault.slips !== true) return new Uint8Array(0);
  const flipped = answer.slice();
  const bit = fault.bit % (isNibble ? 4 : answer.length * 8);
  const index = bit >> 3;
  flipped[index] = (flipped[index] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}

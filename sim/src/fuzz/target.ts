/**
 * What is fuzzed: a decoder, samples to start from, and what must hold of whatever it takes. An input is always bytes; `shape` says how
 * they may be changed without being refused at the first one.
 */
import { Fault } from '@pulsera/firmware-protocol/fault';

/** `cbor`: items, also those inside byte strings. `json`: UTF-8 text of one value. `bytes`: nothing is known of them. */
export type Shape = 'bytes' | 'cbor' | 'json';

export interface Target {
  readonly shape: Shape;
  /** Where the shaped part begins; bytes before it choose among decoders. */
  readonly from?: number;
  /** Valid samples, and known bad ones. */
  readonly seeds: readonly Uint8Array[];
  /** Texts that mean something to this decoder. */
  readonly words?: readonly string[];
  /** @returns whether the decoder took it. @throws whatever is a finding */
  run(input: Uint8Array): boolean | Promise<boolean>;
}

/** Declared errors of a decoder: faults by their code, others by their class. */
export type Declared = readonly (string | (new (...args: never[]) => Error))[];

/** What the decoder made of it, or undefined when it refused as it declares. @throws whatever it doesn't declare */
export function attempt<T>(declared: Declared, decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (isDeclared(error, declared)) return undefined;
    throw error;
  }
}

export async function attemptAsync<T>(declared: Declared, decode: () => Promise<T>): Promise<T | undefined> {
  try {
    return await decode();
  } catch (error) {
    if (isDeclared(error, declared)) return undefined;
    throw error;
  }
}

function isDeclared(error: unknown, declared: Declared): boolean {
  return declared.some(one =>
    typeof one === 'string' ? error instanceof Fault && error.code === one : error instanceof one,
  );
}

/** A decoder took it, and something that must hold then doesn't. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

/** @throws Broken */
export function holds(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Broken(what);
}

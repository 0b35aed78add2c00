/** What the driver's tests hold in their hands: a virtual chip at a virtual reader, and a log of what goes over the air. */

import type { Ntag21xModel } from '../src/chip/ntag21x/model.ts';
import { personalise } from '../src/chip/ntag21x/personalise.ts';
import type { ChipPassword } from '../src/crypto/keyset.ts';
import type { Reader, ScriptResult, Step } from '../src/reader/reader.ts';
import { VirtualChip } from '../src/virtual/chip.ts';
import { jumpingClock } from '../src/virtual/clock.ts';
import { VirtualReader } from '../src/virtual/reader.ts';

export const UID = '04a1b2c3d4e5f6';
export const SECRET: ChipPassword = {
  pwd: Uint8Array.of(0x11, 0x22, 0x33, 0x44),
  pack: Uint8Array.of(0x55, 0x66),
};
export const OTHER: ChipPassword = { pwd: Uint8Array.of(9, 9, 9, 9), pack: Uint8Array.of(8, 8) };
/** 64 bytes, none of them alike: 24 immutable, two slots of 20. */
export const USER = Uint8Array.from({ length: 64 }, (_, index) => index + 0x40);

export interface Rig {
  readonly chip: VirtualChip;
  readonly reader: VirtualReader;
}

export async function blankRig(model: Ntag21xModel = 'ntag213'): Promise<Rig> {
  const chip = new VirtualChip(UID, model);
  const reader = new VirtualReader({ name: 'till 1', clock: jumpingClock() });
  await reader.present(chip);
  return { chip, reader };
}

export async function personalisedRig(model: Ntag21xModel = 'ntag213'): Promise<Rig> {
  const rig = await blankRig(model);
  const made = await personalise(rig.reader, { uid: UID, user: USER, ...SECRET });
  if (made.kind !== 'ok') throw new Error(`not personalised: ${made.kind}`);
  await presentAgain(rig);
  return rig;
}

/** Away and back, as between two taps. */
export async function presentAgain({ chip, reader }: Rig): Promise<void> {
  reader.disarm();
  await reader.remove();
  await reader.present(chip);
}

/** Pages as they lie on the chip. */
export function pages(chip: VirtualChip, first: number, last: number): Uint8Array {
  return chip.image().memory.slice(first * 4, (last + 1) * 4);
}

/** The same reader, with every script that went through it. */
export function logged(reader: Reader): { reader: Reader; scripts: (readonly Step[])[] } {
  const scripts: (readonly Step[])[] = [];
  const logging = answering(reader, (script, run) => {
    scripts.push(script);
    return run(script);
  });
  return { scripts, reader: logging };
}

/** A reader whose scripts are answered by a function. */
export function answering(
  reader: Reader,
  answer: (
    script: readonly Step[],
    run: (script: readonly Step[]) => Promise<ScriptResult>,
  ) => Promise<ScriptResult>,
): Reader {
  return {
    name: reader.name,
    via: reader.via,
    chip: () => reader.chip(),
    isUp: () => reader.isUp(),
    onSignal: listener => reader.onSignal(listener),
    close: () => reader.close(),
    run: script => answer(script, steps => reader.run(steps)),
  };
}

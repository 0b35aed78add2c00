/** The revocation list as a file: a command of its own adds to it while the box runs, and the box looks at it again and again. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { TillId } from '@pulsera/firmware-protocol/ids';
import { z } from 'zod';
import type { Revocation } from './broker/revocation.ts';
import { writeAtomically } from './identity/atomic-file.ts';

const List = z.array(
  z.union([
    z.strictObject({ terminalId: TillId }),
    z.strictObject({ serial: z.string().regex(/^[0-9a-f]{2,40}$/) }),
  ]),
);
const LOOK_MS = 1_000;

/** @throws Fault `revocations-damaged`: with a list that can't be read, nobody is let in */
export function readRevocations(file: string): readonly Revocation[] {
  if (!existsSync(file)) return [];
  try {
    return List.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new Fault(
      'revocations-damaged',
      `Restore ${file}, or delete it and revoke again who must stay out.`,
      {
        cause,
      },
    );
  }
}

export function addRevocation(file: string, revocation: Revocation): void {
  const list = List.parse([...readRevocations(file), revocation]);
  writeAtomically(file, Buffer.from(`${JSON.stringify(list, null, 2)}\n`));
}

/**
 * Hands on each entry that isn't among the known ones, also one that was added before this was called. (A watcher of the file begins with the
 * state that it finds, and would keep silent about that one until the next is added.) @returns ends it
 */
export function watchRevocations(
  file: string,
  known: readonly Revocation[],
  added: (revocation: Revocation) => void,
  failed: (error: unknown) => void,
): () => void {
  let count = known.length;
  let looked: string | undefined;
  const look = (): void => {
    try {
      const { ino, mtimeMs, size } = statSync(file, { throwIfNoEntry: false }) ?? {};
      const state = `${ino} ${mtimeMs} ${size}`;
      if (state === looked) return;
      looked = state;

      const list = readRevocations(file);
      for (const revocation of list.slice(count)) added(revocation);
      count = list.length;
    } catch (error) {
      failed(error);
    }
  };
  const looking = setInterval(look, LOOK_MS).unref();
  return () => clearInterval(looking);
}

/** Which terminals this box gave certificates to: what can be listed and revoked. The list of who is shut out is another (`revocations.ts`). */
import { existsSync, readFileSync } from 'node:fs';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { TillId } from '@pulsera/firmware-protocol/ids';
import { z } from 'zod';
import { writeAtomically } from './identity/atomic-file.ts';

const Issued = z.strictObject({
  terminal: TillId,
  serial: z.string().regex(/^[0-9a-f]{2,40}$/),
  issuedAtMs: z.int().min(0),
});
export type Issued = z.infer<typeof Issued>;
const List = z.array(Issued);

/** Oldest first. @throws Fault `terminals-damaged` */
export function readTerminals(file: string): readonly Issued[] {
  if (!existsSync(file)) return [];
  try {
    return List.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new Fault(
      'terminals-damaged',
      `Delete ${file} and certify the tills anew: it can't be read. Certificates given out stay good until they are revoked by till.`,
      { cause },
    );
  }
}

export function addTerminal(file: string, issued: Issued): void {
  const list = List.parse([...readTerminals(file), issued]);
  writeAtomically(file, Buffer.from(`${JSON.stringify(list, null, 2)}\n`));
}

/** With which code this box last asked to be enrolled, noted before it asked: only so can a code that was used be told from one used by somebody else. */
import { z } from 'zod';
import type { Vault } from './vault.ts';

const SECRET = 'attempt';

const Attempt = z.strictObject({ codeHash: z.string().regex(/^[0-9a-f]{64}$/) });
export type Attempt = z.infer<typeof Attempt>;

export function saveAttempt(vault: Vault, attempt: Attempt): void {
  vault.write(SECRET, Buffer.from(JSON.stringify(Attempt.parse(attempt))));
}

/** Undefined when there was none. A note that can't be read is none: it only makes sentences better. */
export function readAttempt(vault: Vault): Attempt | undefined {
  const secret = vault.read(SECRET);
  if (secret === undefined) return undefined;
  return Attempt.safeParse(JSON.parse(Buffer.from(secret).toString('utf8'))).data;
}

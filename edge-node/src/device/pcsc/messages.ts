/** What the box and its reader process say to each other over IPC. Scripts and answers are those of a reader behind a till. */
import { ReaderAnswer, ReaderField, type ReaderScript } from '@pulsera/firmware-protocol/wire/reader-link';
import { z } from 'zod';

export interface ToChild {
  readonly reader: string;
  readonly script: ReaderScript;
}

export const FromChild = z.discriminatedUnion('kind', [
  /** Every 400 ms: the process is alive and not stuck in its driver. */
  z.strictObject({ kind: z.literal('beat') }),
  /** nfc-pcsc can't be loaded here; the process ends. */
  z.strictObject({ kind: z.literal('driver-missing'), message: z.string() }),
  /** pcscd isn't running; the process waits for it. */
  z.strictObject({ kind: z.literal('service-down') }),
  /** Connected to pcscd: readers are named from now on as they come. */
  z.strictObject({ kind: z.literal('service-up') }),
  z.strictObject({ kind: z.literal('field'), reader: z.string(), field: ReaderField }),
  z.strictObject({ kind: z.literal('answer'), reader: z.string(), answer: ReaderAnswer }),
  /** The reader was unplugged. */
  z.strictObject({ kind: z.literal('gone'), reader: z.string() }),
]);
export type FromChild = z.infer<typeof FromChild>;

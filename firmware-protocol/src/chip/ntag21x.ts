/**
 * The driver for NXP's NTAG213, NTAG215 and NTAG216, over the Reader port. It moves bytes and knows no purse: the
 * first 64 bytes of user memory (pages 4–19) are an immutable block of 24 and two slots of 20, and what they mean is
 * said elsewhere. A whole tap is two scripts: `readChip`, then `writeSlot`. Nothing here throws for what a chip or a
 * reader does: each way it can end is an outcome with a name (`ntag21x/outcome.ts`).
 */
export type { Ntag21xModel } from './ntag21x/model.ts';
export type { ChipFault, PersonaliseOutcome, ReadOutcome, WriteOutcome } from './ntag21x/outcome.ts';
export { isUnchanged } from './ntag21x/outcome.ts';
export { type Personalisation, personalise } from './ntag21x/personalise.ts';
export { readChip } from './ntag21x/read.ts';
export { rewriteSlot, writeSlot } from './ntag21x/write.ts';

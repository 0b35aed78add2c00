/** What a test expects of an answer, and of a fault that is thrown. */
import { expect } from 'vitest';

export const declined = (reason: string) => expect.objectContaining({ outcome: 'declined', reason });
export const fault = (code: string) => expect.objectContaining({ outcome: 'fault', code });
export const thrown = (code: string) => expect.objectContaining({ name: 'Fault', code });

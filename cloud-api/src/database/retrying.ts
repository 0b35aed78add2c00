/**
 * Two transactions that wait for each other: PostgreSQL ends one of them, and it just goes again.
 *
 * That is for what is left over. Whoever takes several locks takes them in this one order:
 *
 * 1. an enrolment code, then the event's row (`lockEvent`);
 * 2. the box's row (`holdBox`, revoking), then the head of its journal;
 * 3. wristbands, by UID; a replacement makes its one after it has locked the old chip, which nobody registers again;
 * 4. chips (`Chips.read`), by UID; a batch locks chips it has never heard of in a second pass, after the known ones;
 * 5. the box's own balances, by account;
 * 6. the head of the cloud's journal (`lockCloudJournal`), and only under it whatever belongs to that journal: its balances
 *    (box 0), credit lists, blocked and replaced wristbands, replacements, cases.
 *
 * Nobody waits for anything but rows under 6 while holding 6: it is where all boxes of an event meet.
 */

/** 40001 serialization_failure, 40P01 deadlock_detected; drizzle wraps what pg throws. */
const TRANSIENT = new Set(['40001', '40P01']);
const ATTEMPTS = 5;

export async function retrying<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !isTransient(error)) throw error;
    }
  }
}

function isTransient(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && TRANSIENT.has(at.code)) return true;
  }
  return false;
}

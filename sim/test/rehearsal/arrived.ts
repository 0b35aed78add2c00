/** Somebody with a new wristband on the grounds of a rehearsal, for tests of what tills and boxes do. */
import { encode, newGuest } from '../../src/rehearsal/guest.ts';
import type { Holder } from '../../src/rehearsal/holding-out.ts';
import type { Site } from '../../src/rehearsal/site.ts';
import type { Manner } from '../../src/rehearsal/visit.ts';

export const PATIENT: Manner = { reactionMs: 300, patience: 5, staysMs: 600_000, resumes: true };

export async function arrived(site: Site): Promise<Holder> {
  const guest = newGuest(site.guests.length, site.chance.of('guests'));
  const worn = await encode(guest, site.festival, site.chance.of('wristbands'));
  const { name, wallet } = guest;
  guest.wristbands.push(worn);
  guest.worn = worn;
  site.guests.push(guest);
  site.witness.tell({ kind: 'arrived', guest: name, wallet, uid: worn.uid });
  await site.cloud.register(worn.made);
  return { name, uid: worn.uid, chip: worn.chip };
}

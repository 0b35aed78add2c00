/** Wristbands as the encoding bench reports them. Reporting the same one twice is fine; another under its UID isn't. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import {
  ChipUid,
  type EventId,
  Generation,
  KeySetNumber,
  type TenantId,
  WalletId,
} from '@pulsera/firmware-protocol/ids';
import { z } from 'zod';
import type { Cloud } from '../context.ts';
import { issueWristbands } from '../ledger/issue.ts';
import type { Ledger } from '../ledger/store/store.ts';

export const NewWristband = z.strictObject({
  uid: ChipUid,
  wallet: WalletId,
  generation: Generation.default(1 as Generation),
  ageClass: z.int().min(0).max(255),
  keySet: KeySetNumber,
  /** Slot 0 as written: 20 bytes as hex. */
  rootImage: z.string().regex(/^[0-9a-f]{40}$/, '20 bytes as lower-case hex'),
});
type NewWristband = z.infer<typeof NewWristband>;

export const MAX_WRISTBANDS = 10_000;
export const NewWristbands = z.strictObject({ wristbands: z.array(NewWristband).min(1).max(MAX_WRISTBANDS) });
export const Registered = z.strictObject({
  registered: z.int(),
  /** Reported before, exactly so. */
  known: z.int(),
});

/**
 * All or none.
 * @throws Fault `wristbands-invalid` for one UID or wallet and generation twice in the list
 * @throws Fault `wristbands-conflict` naming each UID that is registered otherwise
 * @throws Fault `key-set-unknown`
 */
export async function registerWristbands(
  cloud: Pick<Cloud, 'store' | 'signer' | 'world'>,
  tenantId: TenantId,
  eventId: EventId,
  wristbands: readonly NewWristband[],
): Promise<z.infer<typeof Registered>> {
  assertDistinct(wristbands);
  const inOrder = wristbands.toSorted((a, b) => (a.uid < b.uid ? -1 : 1));
  return cloud.store.within(tenantId, eventId, async ledger => {
    const registered = await ledger.wristbands.add(inOrder, cloud.world.nowMs());
    const known = wristbands.filter(({ uid }) => !registered.has(uid));
    if (known.length > 0) await assertSame(ledger, known);
    const issued = wristbands.filter(({ uid }) => registered.has(uid));
    await issueWristbands(cloud, ledger, issued);
    return { registered: registered.size, known: known.length };
  });
}

function assertDistinct(wristbands: readonly NewWristband[]): void {
  const seen = new Map<string, number>();
  const problems: Record<string, string> = {};
  for (const [i, { uid, wallet, generation }] of wristbands.entries()) {
    for (const key of [`uid ${uid}`, `wallet ${wallet} generation ${generation}`]) {
      const before = seen.get(key);
      if (before !== undefined) problems[`wristbands.${i}`] = `${key} is in row ${before} too`;
      seen.set(key, i);
    }
  }
  if (Object.keys(problems).length > 0) {
    throw new Fault('wristbands-invalid', 'Nothing was registered. List each wristband once.', {
      detail: problems,
    });
  }
}

async function assertSame(
  { wristbands: stored }: Ledger,
  wristbands: readonly NewWristband[],
): Promise<void> {
  const rows = await stored.read(wristbands.map(({ uid }) => uid));
  const held = new Map(rows.map(row => [row.uid, row]));
  const conflicts: Record<string, string> = {};
  for (const w of wristbands) {
    const row = held.get(w.uid);
    if (!row) conflicts[w.uid] = `wallet ${w.wallet} generation ${w.generation} has another wristband`;
    else if (
      row.wallet !== w.wallet ||
      row.generation !== w.generation ||
      row.ageClass !== w.ageClass ||
      row.keySet !== w.keySet ||
      row.rootImage !== w.rootImage
    ) {
      conflicts[w.uid] = 'registered with other content';
    }
  }
  if (Object.keys(conflicts).length > 0) {
    throw new Fault(
      'wristbands-conflict',
      'Nothing was registered. Take the wristbands that the detail names aside.',
      {
        detail: conflicts,
      },
    );
  }
}

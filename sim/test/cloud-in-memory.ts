/** The cloud's own flows over a store in memory: what a random history of taps must come to can be looked up at any moment. */
import { toHex } from '@pulsera/firmware-protocol/bytes';
import type {
  BoxId,
  ChipUid,
  Generation,
  KeySetNumber,
  Seq,
  TapRef,
  TenantId,
  WalletId,
} from '@pulsera/firmware-protocol/ids';
import type { Credit } from '@pulsera/firmware-protocol/purse/rules';
import { registerWristbands } from '../../cloud-api/src/events/wristbands.ts';
import { cloudBatch } from '../../cloud-api/src/ingest/cloud-batch.ts';
import { ingest } from '../../cloud-api/src/ingest/ingest.ts';
import type { Case } from '../../cloud-api/src/ledger/case.ts';
import { listCases } from '../../cloud-api/src/ledger/cases.ts';
import { CLOUD_JOURNAL } from '../../cloud-api/src/ledger/cloud-journal.ts';
import { completeJournals } from '../../cloud-api/src/ledger/complete.ts';
import { memoryStore } from '../../cloud-api/src/ledger/store/memory/store.ts';
import type { Ledger } from '../../cloud-api/src/ledger/store/store.ts';
import { readWallet, type Wallet } from '../../cloud-api/src/ledger/wallet.ts';
import { releaseHeld } from '../../cloud-api/src/replacements/release.ts';
import { replaceWristband } from '../../cloud-api/src/replacements/replace.ts';
import { creditOnline } from '../../cloud-api/src/topups/credit.ts';
import { boxKey, cloudKey, EVENT } from '../../edge-node/test/journal-sample.ts';

const TENANT = 1 as TenantId;
const KEY_SET = 1 as KeySetNumber;
const AGE_CLASS = 18;
/** The clock stands: nothing that is asked of this cloud depends on it. */
const NOW_MS = 1_790_000_000_000;

export class CloudInMemory {
  readonly #store = memoryStore();
  readonly #cloud = {
    store: this.#store,
    signer: { publicKey: new Uint8Array(32), sign: cloudKey.sign },
    world: { nowMs: () => NOW_MS, randomBytes: (length: number) => new Uint8Array(length) },
  };

  /** @param boxes that may sell, each signing with `boxKey` */
  constructor(boxes: readonly BoxId[]) {
    this.#store.addEvent(TENANT, EVENT, [KEY_SET]);
    for (const box of boxes) {
      const ed25519PublicKey = new Uint8Array(32).fill(box);
      const record = {
        name: `box ${box}`,
        state: 'enrolled',
        enrolledAtMs: NOW_MS,
        revokedAtMs: null,
      } as const;
      this.#store.addBox(TENANT, EVENT, { box, ed25519PublicKey, ...record });
    }
  }

  async issue(uid: ChipUid, wallet: WalletId, root: Uint8Array): Promise<void> {
    const chip = { uid, wallet, generation: 1 as Generation, ageClass: AGE_CLASS };
    const wristband = { ...chip, keySet: KEY_SET, rootImage: toHex(root) };
    await registerWristbands(this.#cloud, TENANT, EVENT, [wristband]);
  }

  async replace(wallet: WalletId, toUid: ChipUid, root: Uint8Array): Promise<void> {
    const next = { toUid, keySet: KEY_SET, ageClass: AGE_CLASS, rootImage: toHex(root) };
    await replaceWristband(this.#cloud, TENANT, EVENT, wallet, next);
  }

  /** Money paid online. */
  async credit(wallet: WalletId, mainMinor: number, bonusMinor: number, reference: string): Promise<void> {
    await creditOnline(this.#cloud, TENANT, EVENT, wallet, { mainMinor, bonusMinor, reference });
  }

  /** As it comes over the wire, from a box that signs with `boxKey`. */
  async receive(box: BoxId, batch: Uint8Array): Promise<void> {
    const sender = { tenantId: TENANT, event: EVENT, box, verify: boxKey.verify };
    const { hasCursor } = await ingest(this.#cloud, sender, batch);
    if (hasCursor) await releaseHeld(this.#cloud, TENANT, EVENT);
  }

  /** How far it holds a journal. */
  async held({ box, epoch }: Pick<TapRef, 'box' | 'epoch'>): Promise<Seq> {
    const heads = await this.#read(({ journals }) => journals.heads(box));
    return heads.find(head => head.epoch === epoch)?.seq ?? (0 as Seq);
  }

  /** Of its own journal, as boxes fetch it; undefined when there is nothing more. */
  batch(after: Seq, limit: number): Promise<Uint8Array | undefined> {
    return this.#read(ledger => cloudBatch(this.#cloud, ledger, after, limit));
  }

  /** Where its own journal ends. */
  end(): Promise<Seq> {
    return this.held(CLOUD_JOURNAL);
  }

  /** All journals are in. */
  async complete(): Promise<void> {
    await completeJournals(this.#cloud, TENANT, EVENT);
  }

  /** By account, wallets' parts included, zeros left out. */
  async balances(): Promise<Record<string, number>> {
    const all = await this.#read(({ balances }) => balances.all());
    return Object.fromEntries(all.map(({ account, amountMinor }) => [account, amountMinor]));
  }

  cases(): Promise<Case[]> {
    return this.#read(ledger => listCases(ledger, 0, 10_000));
  }

  wallet(wallet: WalletId): Promise<Wallet> {
    return this.#read(ledger => readWallet(ledger, wallet));
  }

  #read<T>(work: (ledger: Ledger) => Promise<T>): Promise<T> {
    return this.#store.within(TENANT, EVENT, work);
  }
}

/** What waits in the newest wristband's list behind the credit that was loaded last. */
export function creditsAfter({ chips, credits }: Wallet, number: number): readonly Credit[] {
  const newest = chips.at(-1)?.generation;
  return credits.filter(credit => credit.generation === newest && credit.number > number);
}

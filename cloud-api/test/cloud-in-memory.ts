/** The cloud's own flows over a store in memory, so that thousands of histories can be tried; what each comes to can be looked up at any moment. */
import { toHex } from '@pulsera/firmware-protocol/bytes';
import type {
  BoxId,
  ChipUid,
  EventId,
  Generation,
  KeySetNumber,
  Seq,
  TapRef,
  TenantId,
  WalletId,
} from '@pulsera/firmware-protocol/ids';
import type { Sign, Verify } from '@pulsera/firmware-protocol/journal/cose';
import type { Credit } from '@pulsera/firmware-protocol/purse/rules';
import { registerWristbands } from '../src/events/wristbands.ts';
import { cloudBatch } from '../src/ingest/cloud-batch.ts';
import { type Ingesting, ingest } from '../src/ingest/ingest.ts';
import { signerFromSeed, verifierOf } from '../src/keys/ed25519.ts';
import type { Case } from '../src/ledger/case.ts';
import { listCases } from '../src/ledger/cases.ts';
import { CLOUD_JOURNAL } from '../src/ledger/cloud-journal.ts';
import { completeJournals } from '../src/ledger/complete.ts';
import { memoryStore } from '../src/ledger/store/memory/store.ts';
import type { Ledger } from '../src/ledger/store/store.ts';
import { readWallet, type Wallet } from '../src/ledger/wallet.ts';
import { releaseHeld } from '../src/replacements/release.ts';
import { replaceWristband } from '../src/replacements/replace.ts';
import { creditOnline } from '../src/topups/credit.ts';
import { type JournalBox, signerOf } from './journal-box.ts';

const TENANT = 1 as TenantId;
const KEY_SET = 1 as KeySetNumber;
const AGE_CLASS = 18;
/** The clock stands: nothing that is asked of this cloud depends on it. */
const NOW_MS = 1_790_000_000_000;
/** What it signs with unless it is given another key. */
export const CLOUD_SIGNER = signerFromSeed(new Uint8Array(32));

/** A wristband as it was made. */
export interface Issued {
  readonly uid: ChipUid;
  readonly wallet: WalletId;
  readonly root: Uint8Array;
}

export interface CloudInMemoryOptions {
  readonly event: EventId;
  /** Boxes that may sell, and the key of each. */
  readonly boxes: ReadonlyMap<BoxId, Verify>;
  /** Its own key, for whoever checks what it signs. */
  readonly sign?: Sign;
}

export class CloudInMemory {
  readonly #event: EventId;
  readonly #boxes: ReadonlyMap<BoxId, Verify>;
  readonly #store = memoryStore();
  readonly #cloud: Ingesting;

  constructor({ event, boxes, sign = CLOUD_SIGNER.sign }: CloudInMemoryOptions) {
    this.#event = event;
    this.#boxes = boxes;
    this.#cloud = {
      store: this.#store,
      signer: { publicKey: new Uint8Array(32), sign },
      world: { nowMs: () => NOW_MS, randomBytes: length => new Uint8Array(length) },
    };
    this.#store.addEvent(TENANT, event, [KEY_SET]);
    for (const box of boxes.keys()) {
      const ed25519PublicKey = new Uint8Array(32).fill(box);
      const record = {
        name: `box ${box}`,
        state: 'enrolled',
        enrolledAtMs: NOW_MS,
        revokedAtMs: null,
      } as const;
      this.#store.addBox(TENANT, event, { box, ed25519PublicKey, ...record });
    }
  }

  async issue({ uid, wallet, root }: Issued): Promise<void> {
    const chip = { uid, wallet, generation: 1 as Generation, ageClass: AGE_CLASS };
    const wristband = { ...chip, keySet: KEY_SET, rootImage: toHex(root) };
    await registerWristbands(this.#cloud, TENANT, this.#event, [wristband]);
  }

  async replace(wallet: WalletId, toUid: ChipUid, root: Uint8Array): Promise<void> {
    const next = { toUid, keySet: KEY_SET, ageClass: AGE_CLASS, rootImage: toHex(root) };
    await replaceWristband(this.#cloud, TENANT, this.#event, wallet, next);
  }

  /** Money paid online. */
  async credit(wallet: WalletId, mainMinor: number, bonusMinor: number, reference: string): Promise<void> {
    await creditOnline(this.#cloud, TENANT, this.#event, wallet, { mainMinor, bonusMinor, reference });
  }

  /** As it comes over the wire. */
  async receive(box: BoxId, batch: Uint8Array): Promise<void> {
    const verify = this.#boxes.get(box) ?? (() => false);
    const sender = { tenantId: TENANT, event: this.#event, box, verify };
    const { hasCursor } = await ingest(this.#cloud, sender, batch);
    if (hasCursor) await releaseHeld(this.#cloud, TENANT, this.#event);
  }

  /** How far it holds a journal. */
  async held({ box, epoch }: Pick<TapRef, 'box' | 'epoch'>): Promise<Seq> {
    const heads = await this.read(({ journals }) => journals.heads(box));
    return heads.find(head => head.epoch === epoch)?.seq ?? (0 as Seq);
  }

  /** Of its own journal, as boxes fetch it; undefined when there is nothing more. */
  batch(after: Seq, limit: number): Promise<Uint8Array | undefined> {
    return this.read(ledger => cloudBatch(this.#cloud, ledger, after, limit));
  }

  /** Where its own journal ends. */
  end(): Promise<Seq> {
    return this.held(CLOUD_JOURNAL);
  }

  /** All journals are in. */
  async complete(): Promise<void> {
    await completeJournals(this.#cloud, TENANT, this.#event);
  }

  /** By account, wallets' parts included, zeros left out. */
  async balances(): Promise<Record<string, number>> {
    const all = await this.read(({ balances }) => balances.all());
    return Object.fromEntries(all.map(({ account, amountMinor }) => [account, amountMinor]));
  }

  cases(): Promise<Case[]> {
    return this.read(ledger => listCases(ledger, 0, 10_000));
  }

  wallet(wallet: WalletId): Promise<Wallet> {
    return this.read(ledger => readWallet(ledger, wallet));
  }

  /** Whatever else stands in its tables. */
  read<T>(work: (ledger: Ledger) => Promise<T>): Promise<T> {
    return this.#store.within(TENANT, this.#event, work);
  }
}

/** A cloud that takes what these boxes send. */
export const cloudOf = (boxes: readonly JournalBox[]): CloudInMemory =>
  new CloudInMemory({
    event: boxes[0]?.event ?? (0 as EventId),
    boxes: new Map(boxes.map(({ box }) => [box, verifierOf(signerOf(box).publicKey)])),
  });

/** What waits in the newest wristband's list behind the credit that was loaded last. */
export function creditsAfter({ chips, credits }: Wallet, number: number): readonly Credit[] {
  const newest = chips.at(-1)?.generation;
  return credits.filter(credit => credit.generation === newest && credit.number > number);
}

/** An event as staff and boxes find it: wristbands, boxes that keep a journal and send it, and what the cloud says then. */
import type { WalletId } from '@pulsera/firmware-protocol/ids';
import { decodeEntry, type Entry } from '@pulsera/firmware-protocol/journal/entry';
import { openHead } from '@pulsera/firmware-protocol/journal/head';
import { decodeBatch } from '@pulsera/firmware-protocol/wire/batch';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { z } from 'zod';
import { verifierOf } from '../src/keys/ed25519.ts';
import { Chip } from './chip.ts';
import { type Answer, type TestCloud, testCloud } from './cloud.ts';
import { createFestival, type Festival } from './festival.ts';
import { JournalBox } from './journal-box.ts';
import { register, type Sender, sendBatch, sender } from './sending.ts';

const Cases = z.object({
  cases: z.array(
    z.looseObject({ kind: z.string(), uid: z.string().nullable(), lossBoundMinor: z.int().nullable() }),
  ),
});
const Balances = z.object({ balances: z.array(z.object({ account: z.string(), amountMinor: z.int() })) });

/** One cloud for all tests of a file, and an event of its own for each. To be called where hooks may be. */
export function testEvent(): TestEvent {
  const made = new TestEvent();
  beforeAll(async () => {
    made.cloud = await testCloud();
  });
  afterAll(() => made.cloud[Symbol.asyncDispose]());
  beforeEach(async () => {
    made.festival = await createFestival(made.cloud);
  });
  return made;
}

export class TestEvent {
  cloud!: TestCloud;
  festival!: Festival;
  #chips = 0;

  /** A wristband that nobody has registered. */
  stranger(balanceMinor = 0, generation = 1, wallet?: WalletId): Chip {
    return new Chip(++this.#chips, balanceMinor, generation, wallet);
  }

  async wristband(balanceMinor = 0): Promise<Chip> {
    const chip = this.stranger(balanceMinor);
    await this.register(chip);
    return chip;
  }

  register(...chips: readonly Chip[]): Promise<void> {
    return register(this.cloud, this.festival, chips);
  }

  box(): Promise<Sender> {
    return sender(this.cloud, this.festival);
  }

  /** Another journal of the same box: in a later epoch, or in the same one beside its own. */
  twin({ journal: { event, box, sign } }: Sender, epoch = 1): JournalBox {
    return new JournalBox(event, box, epoch, sign);
  }

  send(box: Sender, batch: Uint8Array = box.journal.batch()): Promise<Answer> {
    return sendBatch(this.cloud, box, batch);
  }

  /** As staff, at a path below the event's. */
  get(path: string): Promise<Answer> {
    return this.cloud.call('GET', `${this.festival.path}/${path}`);
  }

  post(path: string, body?: unknown): Promise<Answer> {
    return this.cloud.call('POST', `${this.festival.path}/${path}`, { body });
  }

  credit(wallet: WalletId, body: unknown): Promise<Answer> {
    return this.post(`wallets/${wallet}/credits`, body);
  }

  /** A wristband in place of the wallet's last one. */
  replace({ wallet, uid, root }: Chip): Promise<Answer> {
    const rootImage = Buffer.from(root).toString('hex');
    return this.post(`wallets/${wallet}/replacement`, { toUid: uid, keySet: 1, ageClass: 18, rootImage });
  }

  block({ uid }: Pick<Chip, 'uid'>, reason: string): Promise<Answer> {
    return this.post(`wristbands/${uid}/block`, { reason });
  }

  revoke({ enrolled }: Sender): Promise<Answer> {
    return this.post(`edges/${enrolled.boxId}/revoke`);
  }

  /** Staff say that all journals are in. */
  async complete(): Promise<unknown> {
    return (await this.post('journals/complete')).body;
  }

  async cases() {
    return Cases.parse((await this.get('cases')).body).cases;
  }

  async wallet({ wallet }: Pick<Chip, 'wallet'>): Promise<unknown> {
    return (await this.get(`wallets/${wallet}`)).body;
  }

  async balances(): Promise<Record<string, number>> {
    const { balances } = Balances.parse((await this.get('balances')).body);
    return Object.fromEntries(balances.map(({ account, amountMinor }) => [account, amountMinor]));
  }

  /** As a box asks for it. */
  fetch({ enrolled }: Sender, path: string): Promise<Response> {
    return fetch(`${this.cloud.url}/v1/edge/${path}`, {
      headers: { authorization: `Bearer ${enrolled.token}` },
    });
  }

  /** Of the cloud's own journal, under a head that it signed. */
  async cloudEntries(box: Sender, after = 0, limit?: number): Promise<Entry[]> {
    const query = limit === undefined ? '' : `&limit=${limit}`;
    const response = await this.fetch(box, `cloud-journal?after=${after}${query}`);
    if (response.status === 204) return [];
    const { contents, head } = decodeBatch(new Uint8Array(await response.arrayBuffer()));
    const opened = openHead('pulsera/head', head, verifierOf(this.cloud.cloud.signer.publicKey));
    expect(opened).toMatchObject({ box: 0, epoch: 1, seq: after + contents.length });
    return contents.map(decodeEntry);
  }
}

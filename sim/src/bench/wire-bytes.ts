/**
 * What a tap costs on the line to the cloud: the body of each request that the real uplink makes of a real journal, batched and
 * compressed as it always is, over the taps in it. Each tap is two entries, the write and its settlement, and its cart has
 * three lines. HTTP's headers and TLS add about two bytes a tap at this size of batch, and are left out.
 */
import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import type { Journal } from '@pulsera/edge-node/journal/journal';
import type { CloudHttp, CloudRequest } from '@pulsera/edge-node/sync/cloud-http';
import { httpsLink } from '@pulsera/edge-node/sync/https-link';
import { Uplink } from '@pulsera/edge-node/sync/uplink';
import { toHex } from '@pulsera/firmware-protocol/bytes';
import type { TenantId } from '@pulsera/firmware-protocol/ids';
import type { Sign, Verify } from '@pulsera/firmware-protocol/journal/cose';
import { openHead, signHead } from '@pulsera/firmware-protocol/journal/head';
import { BENCH_BOX, BENCH_EVENT, benchJournal } from './box-journal.ts';
import { scratch } from './disk.ts';
import { type Figure, figure } from './figure.ts';
import { sellAtOnce } from './sales.ts';
import type { Setting } from './setting.ts';
import { TapMaker } from './taps.ts';

const BATCHES = 40;
const TAPS_A_BATCH = 250;
const TILLS = 25;

export async function run({ opened }: Setting): Promise<readonly Figure[]> {
  const journal = benchJournal(scratch('wire-bytes', opened));
  opened.defer(() => journal.close());
  const cloud = new PaperCloud(journal);
  const link = httpsLink({
    http: cloud,
    box: { tenantId: 1 as TenantId, eventId: BENCH_EVENT, boxId: BENCH_BOX },
    sign: cloud.sign,
    monoMs: () => performance.now(),
  });
  const uplink = new Uplink({ journal, link, cloudVerify: cloud.verify });
  const maker = new TapMaker(2, 5000);
  const { signal } = new AbortController();
  for (let batch = 0; batch < BATCHES; batch++) {
    for (let taps = 0; taps < TAPS_A_BATCH; taps += TILLS) await sellAtOnce(journal, maker, TILLS);
    // As on a line that keeps up: what there is fits one batch.
    while (await uplink.step(signal));
  }
  await journal.close();
  if (cloud.batches !== BATCHES) throw new Error(`${cloud.batches} batches came of ${BATCHES}`);
  const value = cloud.bytes / (BATCHES * TAPS_A_BATCH);
  return [figure('wire-bytes', 'B/tap', { value }, { atMost: 220 })];
}

/** Counts what it is sent, and says what a cloud would say. */
class PaperCloud implements CloudHttp {
  batches = 0;
  bytes = 0;
  readonly sign: Sign;
  readonly verify: Verify;
  readonly #journal: Journal;

  constructor(journal: Journal) {
    const keys = generateKeyPairSync('ed25519');
    this.sign = message => sign(null, message, keys.privateKey);
    this.verify = (signature, message) => verify(null, message, keys.publicKey, signature);
    this.#journal = journal;
  }

  async send(request: CloudRequest) {
    return { status: 200, bytes: Buffer.from(JSON.stringify(this.#answer(request))) };
  }

  async close(): Promise<void> {}

  #answer({ method, path, body }: CloudRequest): unknown {
    if (path.endsWith('/challenges')) return { nonce: toHex(randomBytes(32)), expiresInMs: 60_000 };
    if (path.endsWith('/sessions')) return { token: 'bench', expiresInMs: 3_600_000, wallMs: 0 };
    if (method === 'GET') return { epochs: [] };
    this.batches += 1;
    this.bytes += body?.bytes.length ?? 0;
    const head = openHead('pulsera/head', this.#journal.headAt(this.#journal.lastSeq), () => true);
    const checkpoint = signHead('pulsera/checkpoint', head, this.sign);
    return { checkpoint: Buffer.from(checkpoint).toString('base64'), nextSeq: head.seq + 1 };
  }
}

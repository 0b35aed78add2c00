/** Enrolled boxes that keep a journal and send it over HTTP. */
import { zstdCompressSync } from 'node:zlib';
import { type EnrolledBox, enrolBox } from './box.ts';
import type { Chip } from './chip.ts';
import type { Answer, TestCloud } from './cloud.ts';
import type { Festival } from './festival.ts';
import { JournalBox } from './journal-box.ts';

export interface Sender {
  readonly enrolled: EnrolledBox;
  readonly journal: JournalBox;
}

export async function sender(cloud: TestCloud, festival: Festival): Promise<Sender> {
  const enrolled = await enrolBox(cloud, festival);
  return { enrolled, journal: new JournalBox(enrolled.eventId, enrolled.boxId, 1, enrolled.sign) };
}

export async function post(
  cloud: TestCloud,
  token: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(`${cloud.url}/v1/edge/journal`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/cbor', ...headers },
    body: Buffer.from(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** As a box does: zstd. */
export function sendBatch(cloud: TestCloud, { enrolled }: Sender, batch: Uint8Array): Promise<Answer> {
  return post(cloud, enrolled.token, zstdCompressSync(batch), { 'content-encoding': 'zstd' });
}

export async function register(cloud: TestCloud, { path }: Festival, chips: readonly Chip[]): Promise<void> {
  const wristbands = chips.map(({ uid, wallet, generation, root }) => ({
    uid,
    wallet,
    generation,
    ageClass: 18,
    keySet: 1,
    rootImage: Buffer.from(root).toString('hex'),
  }));
  const answer = await cloud.call('POST', `${path}/wristbands`, { body: { wristbands } });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
}

import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { zstdDecompressSync } from 'node:zlib';
import type { BoxId, EventId, PlanVersion, Seq, TenantId } from '@pulsera/firmware-protocol/ids';
import { nonceIsSigned } from '@pulsera/firmware-protocol/wire/enrolment';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { boxKey } from '../../test/journal-sample.ts';
import { createCa, issueServerCertificate } from '../broker/ca.ts';
import { type CloudHttp, cloudHttp } from './cloud-http.ts';
import { type HttpsLink, httpsLink } from './https-link.ts';

const { signal } = new AbortController();
const NONCE = 'ab'.repeat(16);

type Answer = readonly [status: number, body: unknown];
type Route = (request: IncomingMessage, body: Buffer) => Answer | undefined;

let server: Server;
let http: CloudHttp;
let link: HttpsLink;
let sessions: number;
let monoMs: number;
let cloudTimes: number[];
let asked: string[];
let route: Route;

beforeEach(async () => {
  sessions = 0;
  monoMs = 0;
  cloudTimes = [];
  asked = [];
  route = () => [200, { version: null, signedPlan: null }];
  server = createServer((request, response) => void serve(request, response));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  http = cloudHttp({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  link = linkOver(http);
});
afterEach(async () => {
  await http.close();
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
});

const linkOver = (over: CloudHttp) =>
  httpsLink({
    http: over,
    box: { tenantId: 1 as TenantId, eventId: 7 as EventId, boxId: 3 as BoxId },
    sign: boxKey.sign,
    monoMs: () => monoMs,
    cloudTime: wallMs => cloudTimes.push(wallMs),
  });

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(request);
  const answer = session(request, body) ?? route(request, body);
  if (answer === undefined) return;
  const [status, content] = answer;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(content instanceof Uint8Array ? content : JSON.stringify(content));
}

function session({ url, headers }: IncomingMessage, body: Buffer): Answer | undefined {
  if (url === '/v1/edge/challenges') return [200, { nonce: NONCE, expiresInMs: 60_000 }];
  if (url === '/v1/edge/sessions') {
    if (!nonceIsSigned(JSON.parse(body.toString()), boxKey.verify))
      return [401, { code: 'session-refused', message: 'no' }];
    sessions += 1;
    return [200, { token: `token-${sessions}`, expiresInMs: 3_600_000, wallMs: 42 }];
  }
  asked.push(`${url} ${headers.authorization}`);
  return undefined;
}

const plan = () => link.plan(4 as PlanVersion, signal);

test('signs in with its key once, and uses the token until it is nearly over by the monotonic clock', async () => {
  await plan();
  await plan();
  expect(sessions).toBe(1);
  monoMs = 3_599_000;
  await plan();
  expect(asked.at(-1)).toBe('/v1/edge/plan?after=4 Bearer token-2');
  expect(cloudTimes).toEqual([42, 42]);
});

test('calls that need a session at the same time open one', async () => {
  await Promise.all([plan(), plan(), plan()]);
  expect(sessions).toBe(1);
});

test('a token that the cloud has forgotten is replaced, and the question asked again', async () => {
  route = request =>
    request.headers.authorization === 'Bearer token-1'
      ? [401, { code: 'session-expired', message: 'again' }]
      : [200, { version: 5, signedPlan: 'c0ffee' }];
  expect(await plan()).toEqual(Uint8Array.of(0xc0, 0xff, 0xee));
  expect(sessions).toBe(2);
});

test('a cloud that takes no token at all is not asked for ever', async () => {
  route = () => [401, { code: 'session-expired', message: 'never' }];
  await expect(plan()).rejects.toMatchObject({ code: 'session-expired' });
  expect(sessions).toBe(2);
});

test('a batch goes compressed, as CBOR, and comes back as a checkpoint', async () => {
  const batch = randomBytes(300);
  let got: Buffer | undefined;
  route = (request, body) => {
    expect(request.headers).toMatchObject({ 'content-type': 'application/cbor', 'content-encoding': 'zstd' });
    got = zstdDecompressSync(body);
    return [200, { checkpoint: Buffer.from('signed').toString('base64'), nextSeq: 9 }];
  };
  const receipt = await link.sendBatch(batch, signal);
  expect(got).toEqual(batch);
  expect(receipt).toEqual({ checkpoint: new Uint8Array(Buffer.from('signed')), nextSeq: 9 });
});

test("the cloud's own fault comes through with its code and figures", async () => {
  route = () => [409, { code: 'journal-gap', message: 'gap', detail: { expectedSeq: 12 } }];
  await expect(link.sendBatch(new Uint8Array(3), signal)).rejects.toMatchObject({
    code: 'journal-gap',
    detail: { expectedSeq: 12 },
  });
});

test.each([
  ['a captive portal', () => [200, '<html>please pay</html>'] as const],
  ['an answer with a field too many', () => [200, { version: null, signedPlan: null, more: 1 }] as const],
  ["a proxy's own error", () => [502, 'bad gateway'] as const],
])('%s is not taken for the cloud', async (_, answer) => {
  route = answer;
  await expect(plan()).rejects.toMatchObject({ code: 'cloud-answer-invalid' });
});

test('nobody there is told as unreachable', async () => {
  const dead = cloudHttp({ url: 'http://127.0.0.1:1' });
  await expect(linkOver(dead).plan(0 as PlanVersion, signal)).rejects.toMatchObject({
    code: 'cloud-unreachable',
  });
  await dead.close();
});

test('who never answers is given up when the deadline is over', async () => {
  route = () => undefined;
  const request = { method: 'GET', path: '/v1/edge/plan', deadlineMs: 100, signal } as const;
  await expect(http.send(request)).rejects.toMatchObject({ code: 'cloud-unreachable' });
});

test('closing ends a question under way', async () => {
  route = () => undefined;
  const stop = new AbortController();
  const waiting = link.awaitHint(0 as Seq, stop.signal);
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'cloud-unreachable' });
});

test('an empty answer is the end of the journal of the cloud', async () => {
  route = () => [204, new Uint8Array()];
  expect(await link.cloudJournal(0 as Seq, 10, signal)).toBeUndefined();
});

test('only a cloud with a certificate of the configured authority is spoken to', async () => {
  const [ca, other] = await Promise.all([createCa(crypto, 'cloud'), createCa(crypto, 'other')]);
  const { key, cert } = await issueServerCertificate(crypto, ca, 'cloud', ['127.0.0.1']);
  const tls = createTlsServer({ key, cert }, (request, response) => void serve(request, response));
  await new Promise<void>(resolve => tls.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(tls.address() as AddressInfo).port}`;
  const right = cloudHttp({ url, ca: ca.cert });
  expect(await linkOver(right).plan(0 as PlanVersion, signal)).toBeUndefined();
  const wrong = cloudHttp({ url, ca: other.cert });
  await expect(linkOver(wrong).plan(0 as PlanVersion, signal)).rejects.toMatchObject({
    code: 'cloud-unreachable',
  });
  await Promise.all([right.close(), wrong.close()]);
  tls.closeAllConnections();
  await new Promise(resolve => tls.close(resolve));
});

import { BoxId } from '@pulsera/firmware-protocol/ids';
import { ChallengeAnswer, signNonce } from '@pulsera/firmware-protocol/wire/enrolment';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EnrolledBox, enrolBox, makeBox, openSessionOf, signIn } from '../../test/box.ts';
import { type TestCloud, testCloud } from '../../test/cloud.ts';
import { createFestival, type Festival, stockFestival } from '../../test/festival.ts';
import { NONCE_LIFE_MS, SESSION_LIFE_MS } from './session.ts';

let cloud: TestCloud;
let festival: Festival;
let box: EnrolledBox;

beforeAll(async () => {
  cloud = await testCloud();
  festival = await createFestival(cloud);
  await stockFestival(cloud, festival);
  box = await enrolBox(cloud, festival);
});
afterAll(() => cloud[Symbol.asyncDispose]());

const fetchPlan = (token: string | null, after = 0) =>
  cloud.call('GET', `/v1/edge/plan?after=${after}`, { token });
const askNonce = async () => {
  const { tenantId, eventId, boxId } = box;
  const answer = await cloud.call('POST', '/v1/edge/challenges', {
    body: { tenantId, eventId, boxId },
    token: null,
  });
  return ChallengeAnswer.parse(answer.body).nonce;
};

test('a box that signed in fetches the newest plan, and nothing when it has it', async () => {
  expect(await fetchPlan(box.token)).toMatchObject({
    status: 200,
    body: { version: null, signedPlan: null },
  });
  await cloud.call('POST', `${festival.path}/plans`);
  await cloud.call('POST', `${festival.path}/plans`);
  expect(await fetchPlan(box.token)).toMatchObject({ status: 200, body: { version: 2 } });
  expect(await fetchPlan(box.token, 1)).toMatchObject({ body: { version: 2 } });
  expect(await fetchPlan(box.token, 2)).toMatchObject({ body: { version: null, signedPlan: null } });
});

test('after the keys were rolled a box fetches both sets, sealed to itself', async () => {
  await cloud.call('POST', `${festival.path}/key-sets`);
  const answer = await cloud.call('GET', '/v1/edge/key-sets', { token: box.token });
  expect(answer.status).toBe(200);
  const { keySets } = answer.body as { keySets: EnrolledBox['keySets'] };
  expect((await box.open(keySets, box)).map(set => set.number)).toEqual([1, 2]);
});

test.each([
  ['none', null, 'session-missing'],
  ['the admin’s', undefined, 'session-missing'],
  ['hex that we never made', 'ab'.repeat(57), 'session-refused'],
  ['a short one', 'abcd', 'session-refused'],
])('a token that is %s is refused', async (_, token, code) => {
  const answer = await cloud.call('GET', '/v1/edge/plan', token === undefined ? {} : { token });
  expect(answer).toMatchObject({ status: 401, body: { code } });
});

test('a token with any bit flipped is refused', async () => {
  for (let i = 0; i < box.token.length; i += 7) {
    const digit = (Number.parseInt(box.token.charAt(i), 16) ^ 1).toString(16);
    const flipped = box.token.slice(0, i) + digit + box.token.slice(i + 1);
    expect((await fetchPlan(flipped)).status, `digit ${i}`).toBe(401);
  }
});

test('a box’s token opens no door of the admin', async () => {
  const answer = await cloud.call('GET', festival.path, { token: box.token });
  expect(answer).toMatchObject({ status: 401, body: { code: 'admin-token-missing' } });
});

test('a nonce is no token, and a token no nonce', async () => {
  const nonce = await askNonce();
  expect((await fetchPlan(nonce)).status).toBe(401);
  const answer = await cloud.call('POST', '/v1/edge/sessions', {
    body: signNonce(box.token, box.sign),
    token: null,
  });
  expect(answer).toMatchObject({ status: 401, body: { code: 'session-refused' } });
});

test('another key’s signature, and a signature over another nonce, open no session', async () => {
  const nonce = await askNonce();
  const stranger = signNonce(nonce, makeBox().sign);
  const other = { nonce, signature: signNonce(await askNonce(), box.sign).signature };
  for (const body of [stranger, other]) {
    const answer = await cloud.call('POST', '/v1/edge/sessions', { body, token: null });
    expect(answer).toMatchObject({ status: 401, body: { code: 'session-refused' } });
  }
});

test('a box there isn’t gets a nonce like any other, and no session', async () => {
  const answer = await openSessionOf(cloud, { ...box, boxId: BoxId.parse(4711) });
  expect(answer).toMatchObject({ status: 401, body: { code: 'session-refused' } });
});

test('a nonce is good for a minute, a session for an hour, by the cloud’s clock', async () => {
  const nonce = await askNonce();
  const token = await signIn(cloud, box);
  cloud.world.pass(NONCE_LIFE_MS);
  const late = await cloud.call('POST', '/v1/edge/sessions', {
    body: signNonce(nonce, box.sign),
    token: null,
  });
  expect(late).toMatchObject({ status: 401, body: { code: 'nonce-expired' } });
  cloud.world.pass(SESSION_LIFE_MS - NONCE_LIFE_MS - 1);
  expect((await fetchPlan(token)).status).toBe(200);
  cloud.world.pass(1);
  expect(await fetchPlan(token)).toMatchObject({ status: 401, body: { code: 'session-expired' } });
});

test('a revoked box is out at once, and stays out', async () => {
  const stolen = await enrolBox(cloud, festival);
  const revoke = () => cloud.call('POST', `${festival.path}/edges/${stolen.boxId}/revoke`);
  expect(await revoke()).toMatchObject({ status: 200, body: { state: 'revoked' } });
  expect(await fetchPlan(stolen.token)).toMatchObject({ status: 403, body: { code: 'box-revoked' } });
  expect(await openSessionOf(cloud, stolen)).toMatchObject({ status: 403, body: { code: 'box-revoked' } });
  const first = await revoke();
  cloud.world.pass(1000);
  expect((await revoke()).body).toEqual(first.body);
  const list = await cloud.call('GET', `${festival.path}/edges`);
  expect(list.body).toMatchObject({
    boxes: [
      { boxId: 1, state: 'enrolled' },
      { boxId: 2, state: 'revoked' },
    ],
  });
});

test('revoking a box there isn’t says so', async () => {
  const answer = await cloud.call('POST', `${festival.path}/edges/999/revoke`);
  expect(answer).toMatchObject({ status: 404, body: { code: 'box-unknown' } });
});

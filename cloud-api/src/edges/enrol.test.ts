import { fromHex, toHex } from '@pulsera/firmware-protocol/bytes';
import {
  codeHash,
  EnrolmentAnswer,
  proveEnrolment,
  readCode,
} from '@pulsera/firmware-protocol/wire/enrolment';
import { openPlan } from '@pulsera/firmware-protocol/wire/plan';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { enrolWith, makeBox, newCode } from '../../test/box.ts';
import { type TestCloud, testCloud } from '../../test/cloud.ts';
import { createFestival, type Festival, stockFestival } from '../../test/festival.ts';
import { verifierOf } from '../keys/ed25519.ts';
import { countAttempts } from './attempts.ts';
import { CODE_LIFE_MS, enrol } from './enrol.ts';

let cloud: TestCloud;
let festival: Festival;

beforeAll(async () => {
  cloud = await testCloud();
  festival = await createFestival(cloud);
  await stockFestival(cloud, festival);
});
afterAll(() => cloud[Symbol.asyncDispose]());

const boxesInDatabase = async () =>
  (await cloud.database.asOwner('SELECT count(*)::int AS n FROM edge')).rows[0].n;

describe('enrolment', () => {
  test('a box gets its number, the event’s keys for itself alone, and the plan', async () => {
    await cloud.call('POST', `${festival.path}/plans`);
    const box = makeBox();
    const answer = await enrolWith(cloud, box.request(await newCode(cloud, festival)));
    expect(answer.status).toBe(201);
    const enrolled = EnrolmentAnswer.parse(answer.body);
    expect(enrolled).toMatchObject({ tenantId: festival.tenantId, eventId: festival.eventId, epoch: 1 });
    expect(enrolled.cloudPublicKey).toBe(toHex(cloud.cloud.signer.publicKey));

    const [keySet] = await box.open(enrolled.keySets, enrolled);
    expect(keySet).toMatchObject({ number: 1, purse: expect.stringMatching(/^[0-9a-f]{32}$/) });
    await expect(makeBox().open(enrolled.keySets, enrolled)).rejects.toThrow();
    await expect(box.open(enrolled.keySets, { ...enrolled, boxId: enrolled.boxId + 1 })).rejects.toThrow();

    const plan = openPlan(fromHex(enrolled.signedPlan ?? ''), verifierOf(fromHex(enrolled.cloudPublicKey)));
    expect(plan.eventId).toBe(festival.eventId);
  });

  test('each box of an event gets the next number, also when many enrol at once', async () => {
    const other = await createFestival(cloud);
    const codes = await Promise.all(Array.from({ length: 6 }, () => newCode(cloud, other)));
    const answers = await Promise.all(codes.map(code => enrolWith(cloud, makeBox().request(code))));
    const numbers = answers.map(answer => EnrolmentAnswer.parse(answer.body).boxId);
    expect(numbers.sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('the code is kept as its hash only', async () => {
    const code = readCode(await newCode(cloud, festival)) ?? '';
    const { rows } = await cloud.database.asOwner('SELECT * FROM enrolment_code');
    expect(rows.some(row => toHex(row.code_hash) === toHex(codeHash(code)))).toBe(true);
    expect(JSON.stringify(rows)).not.toContain(code);
  });

  test('a code typed in small letters with O for 0 and I for 1 is the same code', async () => {
    const code = await newCode(cloud, festival);
    const typed = code.replaceAll('0', 'o').replaceAll('1', 'i').replaceAll('-', ' ').toLowerCase();
    expect(await enrolWith(cloud, makeBox().request(typed))).toMatchObject({ status: 201 });
  });

  test('a code works once: a second box is refused', async () => {
    const code = await newCode(cloud, festival);
    await enrolWith(cloud, makeBox().request(code));
    const second = await enrolWith(cloud, makeBox().request(code));
    expect(second).toMatchObject({ status: 409, body: { code: 'enrolment-code-used' } });
  });

  test('of two boxes with one code at the same moment one gets in', async () => {
    const code = await newCode(cloud, festival);
    const answers = await Promise.all([1, 2, 3].map(() => enrolWith(cloud, makeBox().request(code))));
    expect(answers.map(answer => answer.status).sort()).toEqual([201, 409, 409]);
  });

  test('a box whose answer was lost asks again and is the same box', async () => {
    const code = await newCode(cloud, festival);
    const box = makeBox();
    const first = EnrolmentAnswer.parse((await enrolWith(cloud, box.request(code))).body);
    const before = await boxesInDatabase();
    const again = EnrolmentAnswer.parse((await enrolWith(cloud, box.request(code))).body);
    expect(again.boxId).toBe(first.boxId);
    expect(await box.open(again.keySets, again)).toHaveLength(1);
    expect(await boxesInDatabase()).toBe(before);
  });

  test('a code is over after a quarter of an hour', async () => {
    const code = await newCode(cloud, festival);
    cloud.world.pass(CODE_LIFE_MS);
    const late = await enrolWith(cloud, makeBox().request(code));
    expect(late).toMatchObject({ status: 410, body: { code: 'enrolment-code-expired' } });
  });

  test('one identity is one box: the same key with a new code is refused', async () => {
    const box = makeBox();
    await enrolWith(cloud, box.request(await newCode(cloud, festival)));
    const again = await enrolWith(cloud, box.request(await newCode(cloud, festival)));
    expect(again).toMatchObject({ status: 409, body: { code: 'box-key-known' } });
  });

  test('a failure on the way burns no code', async () => {
    const code = await newCode(cloud, festival);
    const box = makeBox();
    const before = await boxesInDatabase();
    const broken = {
      ...cloud.cloud,
      vault: {
        ...cloud.cloud.vault,
        open: () => {
          throw new Error('the power went');
        },
      },
    };
    const attempts = countAttempts(cloud.world.nowMs);
    await expect(enrol(broken, attempts, box.request(code), '192.0.2.1')).rejects.toThrow('the power went');
    expect(await boxesInDatabase()).toBe(before);
    expect(await enrolWith(cloud, box.request(code))).toMatchObject({ status: 201 });
  });
});

describe('a request that proves nothing', () => {
  test('signed by another key is refused, and the code stays good', async () => {
    const code = await newCode(cloud, festival);
    const [box, other] = [makeBox(), makeBox()];
    const { proof, ...claim } = box.request(code);
    const forged = proveEnrolment(claim, other.sign);
    expect(proof).not.toBe(forged.proof);
    expect(await enrolWith(cloud, forged)).toMatchObject({
      status: 400,
      body: { code: 'enrolment-proof-invalid' },
    });
    expect(await enrolWith(cloud, box.request(code))).toMatchObject({ status: 201 });
  });

  test('with any field changed after signing is refused', async () => {
    const code = await newCode(cloud, festival);
    const request = makeBox().request(code);
    const changes = [
      { boxName: 'Another' },
      { x25519PublicKey: makeBox().x25519PublicKey },
      { code: `${code.slice(0, -1)}Z` },
    ];
    for (const change of changes) {
      const answer = await enrolWith(cloud, { ...request, ...change });
      expect(answer, JSON.stringify(change)).toMatchObject({ body: { code: 'enrolment-proof-invalid' } });
    }
  });

  test('with a small-order key is refused before its code is looked at', async () => {
    const request = makeBox().request(await newCode(cloud, festival));
    const smallOrder = await enrolWith(cloud, { ...request, ed25519PublicKey: `01${'00'.repeat(31)}` });
    expect(smallOrder).toMatchObject({
      status: 400,
      body: { code: 'box-key-refused', detail: { key: 'ed25519' } },
    });
    const zero = await enrolWith(cloud, { ...request, x25519PublicKey: '00'.repeat(32) });
    expect(zero).toMatchObject({ status: 400, body: { code: 'box-key-refused', detail: { key: 'x25519' } } });
  });

  test('with an unknown field, or with upper-case hex, is refused', async () => {
    const request = makeBox().request(await newCode(cloud, festival));
    const extra = await cloud.call('POST', '/v1/enrolments', {
      body: { ...request, admin: true },
      token: null,
    });
    expect(extra).toMatchObject({ status: 400, body: { code: 'request-invalid' } });
    const upper = await enrolWith(cloud, { ...request, proof: request.proof.toUpperCase() });
    expect(upper).toMatchObject({ status: 400, body: { code: 'request-invalid' } });
  });
});

describe('guessed codes', () => {
  test('are unknown, whichever tenant they seem to be of', async () => {
    for (const code of ['00000-00000-00000-00000', 'ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ', '01234-56789-ABCDE-FGHJK']) {
      const answer = await enrolWith(cloud, makeBox().request(code), '198.51.100.1');
      expect(answer).toMatchObject({ status: 404, body: { code: 'enrolment-code-unknown' } });
    }
  });

  test('from one address are stopped, others go on, and so does it a quarter of an hour later', async () => {
    const address = '198.51.100.2';
    const guess = () => enrolWith(cloud, makeBox().request('11111-11111-11111-11111'), address);
    for (let i = 0; i < 10; i++) expect((await guess()).status).toBe(404);
    expect(await guess()).toMatchObject({ status: 429, body: { code: 'enrolment-attempts-exceeded' } });
    const right = makeBox().request(await newCode(cloud, festival));
    expect((await enrolWith(cloud, right, address)).status).toBe(429);
    expect((await enrolWith(cloud, right, '198.51.100.3')).status).toBe(201);
    cloud.world.pass(15 * 60_000);
    expect((await guess()).status).toBe(404);
  });
});

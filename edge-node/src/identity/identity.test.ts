import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex } from '@pulsera/firmware-protocol/bytes';
import {
  EnrolmentAnswer,
  encodeKeySets,
  keySetsAad,
  keySetsInfo,
} from '@pulsera/firmware-protocol/wire/enrolment';
import { AEAD_AES_128_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { thrown } from '../../test/answers.ts';
import { loadCertificate, saveCertificate } from './certificates.ts';
import { loadEnrolment, openEnrolment, saveEnrolment } from './enrolment.ts';
import { createIdentity, loadIdentity, verifierOf } from './identity.ts';
import { createVault, openVault } from './vault.ts';

const text = (value: string) => Buffer.from(value);

let dir: string;
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'pulsera-identity-')), 'vault');
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true }));

const create = (passphrase: string | null) => createVault(dir, passphrase, randomBytes);
const open = (passphrase: string | null) => openVault(dir, passphrase, randomBytes);

describe('the vault', () => {
  it.each([null, 'correct horse', 'crème'])('keeps secrets under passphrase %s', passphrase => {
    create(passphrase).write('tea', text('green'));
    expect(open(passphrase?.normalize('NFD') ?? null).read('tea')).toEqual(new Uint8Array(text('green')));
    expect(open(passphrase).wrapping).toBe(passphrase === null ? 'unwrapped' : 'passphrase');
    expect(open(passphrase).read('coffee')).toBeUndefined();
  });

  it('tells a missing, a wrong and a needless passphrase apart', () => {
    create('right');
    expect(() => open(null)).toThrow(thrown('passphrase-needed'));
    expect(() => open('wrong')).toThrow(thrown('passphrase-wrong'));
  });

  it('is made once', () => {
    expect(() => open(null)).toThrow(thrown('vault-missing'));
    create(null);
    expect(() => create(null)).toThrow(thrown('vault-exists'));
  });

  it('changes its passphrase in one step, and its secrets stay', () => {
    const vault = create(null);
    vault.write('tea', text('green'));
    vault.wrapWith('new');
    expect(vault.wrapping).toBe('passphrase');
    expect(() => open(null)).toThrow(thrown('passphrase-needed'));
    expect(open('new').read('tea')).toEqual(new Uint8Array(text('green')));
    expect(readFileSync(join(dir, 'vault.json'), 'utf8')).not.toContain('"key"');
  });

  it('lets only the owner read, shows no secret, and leaves no temporary file', () => {
    const vault = create('right');
    vault.write('tea', text('a rather secret leaf'));
    vault.write('tea', text('a rather secret leaf'));
    expect(readdirSync(dir).sort()).toEqual(['tea.sealed', 'vault.json']);
    for (const name of readdirSync(dir)) {
      expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(dir, name)).includes('secret leaf')).toBe(false);
    }
    expect(statSync(dir).mode & 0o777).toBe(0o700);
  });

  it('names the damaged file, be it flipped, cut short, or swapped for another secret', () => {
    const vault = create(null);
    vault.write('tea', text('green'));
    vault.write('coffee', text('black'));
    const sealed = readFileSync(join(dir, 'tea.sealed'));
    const flipped = Uint8Array.from(sealed, (byte, i) => (i === 14 ? byte ^ 1 : byte));
    for (const content of [flipped, sealed.subarray(0, 5), readFileSync(join(dir, 'coffee.sealed'))]) {
      writeFileSync(join(dir, 'tea.sealed'), content);
      expect(() => vault.read('tea')).toThrow(/tea\.sealed/);
    }
    writeFileSync(join(dir, 'vault.json'), '{}');
    expect(() => open(null)).toThrow(thrown('vault-damaged'));
  });
});

describe('the identity', () => {
  it('is made once and stays the same', () => {
    const made = createIdentity(create('right'), randomBytes);
    const loaded = loadIdentity(open('right'));
    expect(loaded.publicKey).toEqual(made.publicKey);
    expect(loaded.sealingKey).toEqual(made.sealingKey);
    expect(() => createIdentity(open('right'), randomBytes)).toThrow(thrown('identity-exists'));
  });

  it('signs so that anyone with its public key can tell', () => {
    const identity = createIdentity(create(null), randomBytes);
    const signature = identity.sign(text('hello'));
    expect(signature).toHaveLength(64);
    expect(verifierOf(identity.publicKey)(signature, text('hello'))).toBe(true);
    expect(identity.verify(signature, text('hullo'))).toBe(false);
  });

  it('is missed before enrolment', () => {
    expect(() => loadIdentity(create(null))).toThrow(thrown('identity-missing'));
  });
});

describe('an enrolment', () => {
  const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_128_GCM);
  const keySet = { number: 1, purse: '01'.repeat(16), access: '02'.repeat(16), password: '03'.repeat(16) };
  const box = { tenantId: 1, eventId: 7, boxId: 3 };

  async function answerTo(sealingKey: Uint8Array): Promise<EnrolmentAnswer> {
    const key = await suite.DeserializePublicKey(sealingKey);
    const keySets = encodeKeySets([keySet as Parameters<typeof encodeKeySets>[0][number]]);
    const parts = { info: keySetsInfo(), aad: keySetsAad(box) };
    const { encapsulatedSecret, ciphertext } = await suite.Seal(key, keySets, parts);
    return EnrolmentAnswer.parse({
      ...box,
      epoch: 1,
      cloudPublicKey: 'ab'.repeat(32),
      keySets: { encapsulatedKey: toHex(encapsulatedSecret), ciphertext: toHex(ciphertext) },
      signedPlan: null,
    });
  }

  it('is opened by the box it was sealed to, and kept', async () => {
    const vault = create('right');
    const identity = createIdentity(vault, randomBytes);
    expect(() => loadEnrolment(vault)).toThrow(thrown('not-enrolled'));
    saveEnrolment(vault, await openEnrolment(await answerTo(identity.sealingKey), identity));
    expect(loadEnrolment(open('right'))).toMatchObject({ ...box, epoch: 1, keySets: [keySet] });
  });

  it('is refused by another box, and under another number', async () => {
    const identity = createIdentity(create(null), randomBytes);
    const answer = await answerTo(identity.sealingKey);
    const moved = EnrolmentAnswer.parse({ ...answer, boxId: 4 });
    await expect(openEnrolment(moved, identity)).rejects.toEqual(thrown('sealed-to-another'));
    const other = createIdentity(createVault(`${dir}-other`, null, randomBytes), randomBytes);
    await expect(openEnrolment(answer, other)).rejects.toEqual(thrown('sealed-to-another'));
  });
});

it("keeps the box's certificates under the same wrapping", () => {
  const vault = create('right');
  const ca = { key: 'k', cert: 'c', serial: '1' };
  expect(loadCertificate(vault, 'ca')).toBeUndefined();
  saveCertificate(vault, 'ca', ca);
  expect(loadCertificate(open('right'), 'ca')).toEqual(ca);
});

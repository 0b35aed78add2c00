import { expect, test } from 'vitest';
import * as room from './ids.ts';

const ids = { ...room };

const uuid = '0123abcd-0000-4000-8000-0123456789ab';
const GOOD = {
  TenantId: [1, 0xffff_ffff],
  EventId: [1, 0xffff_ffff],
  BoxId: [0, 0xffff],
  StandId: ['a', '0-bar', 'a'.repeat(32)],
  TillId: ['bar-1'],
  ProductId: ['beer-05'],
  OperatorId: ['op1'],
  TapId: [uuid],
  SaleId: [uuid],
  ShiftId: [uuid],
  WalletId: ['00112233445566ff'],
  ChipUid: ['04112233445566'],
  KeySetNumber: [0, 255],
  Generation: [1, 255],
  Epoch: [1, 0xffff_ffff],
  Seq: [0, Number.MAX_SAFE_INTEGER],
  PlanVersion: [0, 0xffff_ffff],
} as const;
const SLUG = ['', '-a', 'A', 'a b', 'a'.repeat(33), 'a\n', 'ä', 'a/b', 'a+', '#'];
const UUID = [uuid.toUpperCase(), uuid.slice(1), `${uuid}\n`, uuid.replaceAll('-', '')];
const NUMBER = [-1, 0.5, '1', null, Number.NaN];
const BAD = {
  TenantId: [0, 2 ** 32, ...NUMBER],
  EventId: [0, 2 ** 32, ...NUMBER],
  BoxId: [0x1_0000, ...NUMBER],
  StandId: SLUG,
  TillId: SLUG,
  ProductId: SLUG,
  OperatorId: SLUG,
  TapId: UUID,
  SaleId: UUID,
  ShiftId: UUID,
  WalletId: ['00112233445566FF', '0011', '00112233445566ff\n'],
  ChipUid: ['0411223344556', '041122334455667', '0411223344556G'],
  KeySetNumber: [256, ...NUMBER],
  Generation: [0, 256, ...NUMBER],
  Epoch: [0, 2 ** 32, ...NUMBER],
  Seq: [2 ** 53, ...NUMBER],
  PlanVersion: [2 ** 32, ...NUMBER],
} as const;

test.each(Object.keys(GOOD) as (keyof typeof GOOD)[])('%s takes what it is and nothing else', name => {
  for (const value of GOOD[name]) expect(ids[name].safeParse(value).success, String(value)).toBe(true);
  for (const value of BAD[name]) expect(ids[name].safeParse(value).success, String(value)).toBe(false);
});

test('every identifier is tried here', () => {
  const schemas = Object.keys(ids).filter(name => name !== 'CLOUD_BOX');
  expect(Object.keys(GOOD).sort()).toEqual(schemas.sort());
});

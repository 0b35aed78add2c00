/** The books, the cases and the wallets of an event, for staff. */
import { toHex } from '@pulsera/firmware-protocol/bytes';
import { ChipUid, WalletId } from '@pulsera/firmware-protocol/ids';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Cloud } from '../context.ts';
import { EVENT_URL, EventPath } from '../http/path.ts';
import { adminRoute } from '../http/route.ts';
import { Blocked, BlockRequest, blockWristband } from './block.ts';
import { Case } from './case.ts';
import { listCases } from './cases.ts';
import { completeJournals } from './complete.ts';
import { readWallet, Wallet } from './wallet.ts';

const WalletPath = EventPath.extend({ wallet: WalletId });
const WristbandPath = EventPath.extend({ uid: ChipUid });
const Balances = z.strictObject({
  balances: z.array(z.strictObject({ account: z.string(), amountMinor: z.int() })),
});
const Cases = z.strictObject({ cases: z.array(Case) });
const Journals = z.strictObject({
  journals: z.array(
    z.strictObject({
      box: z.int(),
      epoch: z.int(),
      seq: z.int(),
      hash: z.string(),
      state: z.enum(['open', 'forked']),
    }),
  ),
});
const Completed = z.strictObject({ chips: z.int(), forged: z.int(), quarantined: z.int() });
const CASES_AT_ONCE = 1000;
const CasesQuery = z.strictObject({
  after: z
    .string()
    .regex(/^\d{1,9}$/, 'a case number')
    .transform(Number)
    .default(0),
});

export const ledgerRoutes =
  (cloud: Cloud): FastifyPluginAsyncZod =>
  async app => {
    app.get(
      `${EVENT_URL}/balances`,
      { schema: { ...adminRoute('readBalances', 'ledger', { 200: Balances }), params: EventPath } },
      async ({ params: { tenantId, eventId } }) => ({
        balances: await cloud.store.within(tenantId, eventId, ({ balances }) => balances.all()),
      }),
    );
    app.get(
      `${EVENT_URL}/cases`,
      {
        schema: {
          ...adminRoute('listCases', 'ledger', { 200: Cases }),
          params: EventPath,
          querystring: CasesQuery,
        },
      },
      async ({ params: { tenantId, eventId }, query }) => ({
        cases: await cloud.store.within(tenantId, eventId, ledger =>
          listCases(ledger, query.after, CASES_AT_ONCE),
        ),
      }),
    );
    app.get(
      `${EVENT_URL}/journals`,
      { schema: { ...adminRoute('listJournals', 'ledger', { 200: Journals }), params: EventPath } },
      async ({ params: { tenantId, eventId } }) => {
        const heads = await cloud.store.within(tenantId, eventId, ({ journals }) => journals.heads());
        return {
          journals: heads.map(({ box, epoch, seq, hash, state }) => ({
            box,
            epoch,
            seq,
            hash: toHex(hash),
            state,
          })),
        };
      },
    );
    app.post(
      `${EVENT_URL}/journals/complete`,
      { schema: { ...adminRoute('completeJournals', 'ledger', { 200: Completed }), params: EventPath } },
      async ({ params: { tenantId, eventId } }) => completeJournals(cloud, tenantId, eventId),
    );
    app.get(
      `${EVENT_URL}/wallets/:wallet`,
      { schema: { ...adminRoute('readWallet', 'ledger', { 200: Wallet }), params: WalletPath } },
      async ({ params: { tenantId, eventId, wallet } }) =>
        cloud.store.within(tenantId, eventId, ledger => readWallet(ledger, wallet)),
    );
    app.post(
      `${EVENT_URL}/wristbands/:uid/block`,
      {
        schema: {
          ...adminRoute('blockWristband', 'ledger', { 200: Blocked }),
          params: WristbandPath,
          body: BlockRequest,
        },
      },
      async ({ params: { tenantId, eventId, uid }, body }) =>
        blockWristband(cloud, tenantId, eventId, uid, body.reason),
    );
  };

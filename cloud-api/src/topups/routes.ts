import { WalletId } from '@pulsera/firmware-protocol/ids';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Cloud } from '../context.ts';
import { EVENT_URL, EventPath } from '../http/path.ts';
import { adminRoute } from '../http/route.ts';
import { Credited, creditOnline, NewCredit } from './credit.ts';

/** Until a payment provider's messages do it, the admin books what was paid. */
export const topupRoutes =
  (cloud: Cloud): FastifyPluginAsyncZod =>
  async app => {
    app.post(
      `${EVENT_URL}/wallets/:wallet/credits`,
      {
        schema: {
          ...adminRoute('creditWallet', 'topups', { 200: Credited }),
          params: EventPath.extend({ wallet: WalletId }),
          body: NewCredit,
        },
      },
      async ({ params: { tenantId, eventId, wallet }, body }) =>
        creditOnline(cloud, tenantId, eventId, wallet, body),
    );
  };

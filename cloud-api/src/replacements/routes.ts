/** Replacing a wristband, for staff. */
import { WalletId } from '@pulsera/firmware-protocol/ids';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Cloud } from '../context.ts';
import { EVENT_URL, EventPath } from '../http/path.ts';
import { adminRoute } from '../http/route.ts';
import { Replaced, ReplacementRequest, replaceWristband } from './replace.ts';

export const replacementRoutes =
  (cloud: Cloud): FastifyPluginAsyncZod =>
  async app => {
    app.post(
      `${EVENT_URL}/wallets/:wallet/replacement`,
      {
        schema: {
          ...adminRoute('replaceWristband', 'ledger', { 200: Replaced }),
          params: EventPath.extend({ wallet: WalletId }),
          body: ReplacementRequest,
        },
      },
      async ({ params: { tenantId, eventId, wallet }, body }) =>
        replaceWristband(cloud, tenantId, eventId, wallet, body),
    );
  };

/** What a box asks before it reverses a sale that is not its own to reverse. */
import { ReversalAnswer, ReversalQuestion } from '@pulsera/firmware-protocol/wire/reversal';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Cloud } from '../context.ts';
import { edgeOf } from '../edges/edge-auth.ts';
import { edgeRoute } from '../http/route.ts';
import { askForReversal } from './ask.ts';

/** To be registered in a scope with `edgeAuth`. */
export const reversalRoutes =
  (cloud: Cloud): FastifyPluginAsyncZod =>
  async app => {
    app.post(
      '/v1/edge/reversals',
      {
        schema: {
          ...edgeRoute('askForReversal', 'journal', { 200: ReversalAnswer }),
          body: ReversalQuestion,
        },
      },
      async request => askForReversal(cloud, edgeOf(request), request.body),
    );
  };

/** What boxes call: to enrol and to sign in without a token, everything else with one. */
import { toHex } from '@pulsera/firmware-protocol/bytes';
import {
  ChallengeAnswer,
  ChallengeRequest,
  EnrolmentAnswer,
  EnrolmentRequest,
  KeySetsAnswer,
  PlanAnswer,
  SessionAnswer,
  SessionRequest,
} from '@pulsera/firmware-protocol/wire/enrolment';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Cloud } from '../context.ts';
import { withTenant } from '../database/with-tenant.ts';
import { openKeySets } from '../events/key-set.ts';
import { newestPlan } from '../events/plan.ts';
import { edgeRoute, openRoute } from '../http/route.ts';
import { countAttempts } from './attempts.ts';
import { edgeOf } from './edge-auth.ts';
import { enrol } from './enrol.ts';
import { sealKeySets } from './seal-key-sets.ts';
import { challenge, openSession } from './session.ts';

export const enrolmentRoutes =
  (cloud: Cloud): FastifyPluginAsyncZod =>
  async app => {
    const attempts = countAttempts(cloud.world.nowMs);
    app.post(
      '/v1/enrolments',
      { schema: { ...openRoute('enrol', 'edges', { 201: EnrolmentAnswer }), body: EnrolmentRequest } },
      async (request, reply) =>
        reply.status(201).send(await enrol(cloud, attempts, request.body, request.ip)),
    );
    app.post(
      '/v1/edge/challenges',
      { schema: { ...openRoute('challenge', 'edges', { 200: ChallengeAnswer }), body: ChallengeRequest } },
      async request => challenge(cloud, request.body),
    );
    app.post(
      '/v1/edge/sessions',
      { schema: { ...openRoute('openSession', 'edges', { 200: SessionAnswer }), body: SessionRequest } },
      async request => openSession(cloud, request.body),
    );
  };

const version = z
  .string()
  .regex(/^(0|[1-9]\d{0,9})$/, 'a version number')
  .transform(Number)
  .pipe(z.int().max(0x7fff_ffff));

/** To be registered in a scope with `edgeAuth`. */
export const edgeRoutes =
  (cloud: Cloud): FastifyPluginAsyncZod =>
  async app => {
    app.get(
      '/v1/edge/plan',
      {
        schema: {
          ...edgeRoute('fetchPlan', 'edges', { 200: PlanAnswer }),
          querystring: z.strictObject({ after: version.default(0) }),
        },
      },
      async request => {
        const { tenantId, eventId } = edgeOf(request);
        const plan = await withTenant(cloud.pool, tenantId, tx =>
          newestPlan(tx, eventId, request.query.after),
        );
        return { version: plan?.version ?? null, signedPlan: plan ? toHex(plan.signed) : null };
      },
    );
    app.get(
      '/v1/edge/key-sets',
      { schema: edgeRoute('fetchKeySets', 'edges', { 200: KeySetsAnswer }) },
      async request => {
        const box = edgeOf(request);
        const keySets = await withTenant(cloud.pool, box.tenantId, tx => openKeySets(cloud, tx, box.eventId));
        return { keySets: await sealKeySets(keySets, box) };
      },
    );
  };

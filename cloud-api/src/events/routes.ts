import { toHex } from '@pulsera/firmware-protocol/bytes';
import { KeySetNumber, PlanVersion } from '@pulsera/firmware-protocol/ids';
import { PlanOperator, PlanProduct, PlanStand, PlanTill } from '@pulsera/firmware-protocol/wire/plan';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Cloud } from '../context.ts';
import { EVENT_URL, EventPath, TenantPath } from '../http/path.ts';
import { adminRoute } from '../http/route.ts';
import { Catalogue, createProduct, importCatalogue } from './catalogue.ts';
import { createEvent, Event, NewEvent, readEvent } from './event.ts';
import { createKeySet } from './key-set.ts';
import { publishPlan } from './plan.ts';
import { createOperator, createStand, createTill } from './stands.ts';
import { NewWristbands, Registered, registerWristbands } from './wristbands.ts';

/** 10,000 of the longest rows, with room. */
const BULK_BYTES = 8 * 1024 * 1024;

const Imported = z.strictObject({ imported: z.int() });
const Published = z.strictObject({ version: PlanVersion, signedPlan: z.string() });
const NewKeySet = z.strictObject({ number: KeySetNumber });

export const eventRoutes =
  (cloud: Cloud): FastifyPluginAsyncZod =>
  async app => {
    app.post(
      '/v1/tenants/:tenantId/events',
      {
        schema: {
          ...adminRoute('createEvent', 'events', { 201: Event }),
          params: TenantPath,
          body: NewEvent,
        },
      },
      async ({ params, body }, reply) =>
        reply.status(201).send(await createEvent(cloud, params.tenantId, body)),
    );
    app.get(
      EVENT_URL,
      { schema: { ...adminRoute('readEvent', 'events', { 200: Event }), params: EventPath } },
      async ({ params }) => readEvent(cloud, params.tenantId, params.eventId),
    );
    app.post(
      `${EVENT_URL}/key-sets`,
      { schema: { ...adminRoute('createKeySet', 'events', { 201: NewKeySet }), params: EventPath } },
      async ({ params }, reply) =>
        reply.status(201).send(await createKeySet(cloud, params.tenantId, params.eventId)),
    );
    app.post(
      `${EVENT_URL}/stands`,
      {
        schema: {
          ...adminRoute('createStand', 'events', { 201: PlanStand }),
          params: EventPath,
          body: PlanStand,
        },
      },
      async ({ params, body }, reply) =>
        reply.status(201).send(await createStand(cloud, params.tenantId, params.eventId, body)),
    );
    app.post(
      `${EVENT_URL}/tills`,
      {
        schema: {
          ...adminRoute('createTill', 'events', { 201: PlanTill }),
          params: EventPath,
          body: PlanTill,
        },
      },
      async ({ params, body }, reply) =>
        reply.status(201).send(await createTill(cloud, params.tenantId, params.eventId, body)),
    );
    app.post(
      `${EVENT_URL}/operators`,
      {
        schema: {
          ...adminRoute('createOperator', 'events', { 201: PlanOperator }),
          params: EventPath,
          body: PlanOperator,
        },
      },
      async ({ params, body }, reply) =>
        reply.status(201).send(await createOperator(cloud, params.tenantId, params.eventId, body)),
    );
    app.post(
      `${EVENT_URL}/products`,
      {
        schema: {
          ...adminRoute('createProduct', 'events', { 201: PlanProduct }),
          params: EventPath,
          body: PlanProduct,
        },
      },
      async ({ params, body }, reply) =>
        reply.status(201).send(await createProduct(cloud, params.tenantId, params.eventId, body)),
    );
    app.put(
      `${EVENT_URL}/catalogue`,
      {
        bodyLimit: BULK_BYTES,
        schema: {
          ...adminRoute('importCatalogue', 'events', { 200: Imported }),
          params: EventPath,
          body: Catalogue,
        },
      },
      async ({ params, body }) => importCatalogue(cloud, params.tenantId, params.eventId, body),
    );
    app.post(
      `${EVENT_URL}/wristbands`,
      {
        bodyLimit: BULK_BYTES,
        schema: {
          ...adminRoute('registerWristbands', 'events', { 200: Registered }),
          params: EventPath,
          body: NewWristbands,
        },
      },
      async ({ params, body }) => registerWristbands(cloud, params.tenantId, params.eventId, body.wristbands),
    );
    app.post(
      `${EVENT_URL}/plans`,
      { schema: { ...adminRoute('publishPlan', 'events', { 201: Published }), params: EventPath } },
      async ({ params }, reply) => {
        const { version, signed } = await publishPlan(cloud, params.tenantId, params.eventId);
        return reply.status(201).send({ version, signedPlan: toHex(signed) });
      },
    );
  };

import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Cloud } from '../context.ts';
import { BoxPath, EVENT_URL, EventPath } from '../http/path.ts';
import { adminRoute } from '../http/route.ts';
import { releaseHeld } from '../replacements/release.ts';
import { Box, listBoxes, revokeBox } from './boxes.ts';
import { createEnrolmentCode } from './enrol.ts';

const NewCode = z.strictObject({ code: z.string(), expiresAtMs: z.int() });
const Boxes = z.strictObject({ boxes: z.array(Box) });

export const edgeAdminRoutes =
  (cloud: Cloud): FastifyPluginAsyncZod =>
  async app => {
    app.post(
      `${EVENT_URL}/enrolment-codes`,
      { schema: { ...adminRoute('createEnrolmentCode', 'edges', { 201: NewCode }), params: EventPath } },
      async ({ params }, reply) =>
        reply.status(201).send(await createEnrolmentCode(cloud, params.tenantId, params.eventId)),
    );
    app.get(
      `${EVENT_URL}/edges`,
      { schema: { ...adminRoute('listBoxes', 'edges', { 200: Boxes }), params: EventPath } },
      async ({ params }) => ({ boxes: await listBoxes(cloud, params.tenantId, params.eventId) }),
    );
    app.post(
      `${EVENT_URL}/edges/:boxId/revoke`,
      { schema: { ...adminRoute('revokeBox', 'edges', { 200: Box }), params: BoxPath } },
      async ({ params: { tenantId, eventId, boxId } }) => {
        const box = await revokeBox(cloud, tenantId, eventId, boxId);
        // It was perhaps the last one that replaced wristbands waited for.
        await releaseHeld(cloud, tenantId, eventId);
        return box;
      },
    );
  };

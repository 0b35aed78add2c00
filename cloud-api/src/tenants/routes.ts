import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Cloud } from '../context.ts';
import { TenantPath } from '../http/path.ts';
import { adminRoute } from '../http/route.ts';
import { createTenant, NewTenant, readTenant, Tenant } from './tenants.ts';

export const tenantRoutes =
  (cloud: Cloud): FastifyPluginAsyncZod =>
  async app => {
    app.post(
      '/v1/tenants',
      { schema: { ...adminRoute('createTenant', 'tenants', { 201: Tenant }), body: NewTenant } },
      async (request, reply) => reply.status(201).send(await createTenant(cloud, request.body)),
    );
    app.get(
      '/v1/tenants/:tenantId',
      { schema: { ...adminRoute('readTenant', 'tenants', { 200: Tenant }), params: TenantPath } },
      async request => readTenant(cloud, request.params.tenantId),
    );
  };

/** Every error leaves as {code, message, detail?} with a status from the table. What isn't a Fault says nothing. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { constraintFault } from '../database/constraint-fault.ts';
import { FAULT_STATUS } from './fault-status.ts';

export const ErrorBody = z
  .strictObject({
    code: z.string(),
    message: z.string(),
    detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  })
  .meta({ id: 'Error' });

export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => answer(faultOf(error), request, reply));
  app.setNotFoundHandler((request, reply) =>
    answer(new Fault('route-unknown', 'Check the method and the path against openapi.json.'), request, reply),
  );
}

function answer(fault: Fault, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = FAULT_STATUS[fault.code] ?? 500;
  if (status >= 500) request.log.error({ err: fault }, fault.code);
  else request.log.info({ code: fault.code, detail: fault.detail }, 'refused');
  if (status === 503) reply.header('retry-after', '5');
  const known = Object.hasOwn(FAULT_STATUS, fault.code);
  const body: z.infer<typeof ErrorBody> = {
    code: fault.code,
    message: known ? fault.message : 'The cloud failed at this; its log says more.',
  };
  if (known && Object.keys(fault.detail).length > 0) body.detail = { ...fault.detail };
  // Sent as text: an error must not fail at the schema of the answer that it replaces.
  return reply
    .status(status)
    .type('application/json; charset=utf-8')
    .serializer(String)
    .send(JSON.stringify(body));
}

/** Fastify's own error codes → ours. */
const FASTIFY_CODES: Readonly<Record<string, readonly [code: string, message: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['body-too-large', 'Send less in one request.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['media-type-unknown', 'Send application/json.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['body-malformed', 'Send a JSON body, or no content type.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['body-malformed', 'Send valid JSON.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['body-malformed', 'Make Content-Length the size of the body.'],
};

export function faultOf(error: FastifyError): Fault {
  if (error instanceof Fault) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const where = error.validationContext ?? 'request';
    const detail = Object.fromEntries(
      error.validation.slice(0, 100).map(({ instancePath, message }) => {
        const path = instancePath.split('/').filter(Boolean).join('.');
        return [path === '' ? where : path, message ?? 'not as the schema says'];
      }),
    );
    return new Fault('request-invalid', 'Correct what the detail names, by its path in the request.', {
      detail,
    });
  }
  const [code, message] = FASTIFY_CODES[error.code] ?? [];
  if (code !== undefined && message !== undefined) return new Fault(code, message, { cause: error });
  return (
    constraintFault(error) ??
    new Fault('unexpected', 'Look up this request in the log of the cloud.', { cause: error })
  );
}

/** The organizer's side of the cloud, as far as provisioning needs it: JSON in, JSON out, the cloud's own faults by their code. */
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { reasonOf } from '@pulsera/firmware-protocol/wire/connection-reason';
import { z } from 'zod';

export interface CloudAccess {
  readonly url: string;
  readonly adminToken: string;
  /** PEM of the authority behind its certificate; left out: the system's. */
  readonly ca?: string;
}

const DEADLINE_MS = 30_000;
const ErrorBody = z.looseObject({
  code: z.string(),
  message: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
});

/** @throws Fault the cloud's own by its code; `cloud-unreachable`, `cloud-answer-invalid` */
export async function post<T>(
  cloud: CloudAccess,
  path: string,
  body: unknown,
  answer: z.ZodType<T>,
): Promise<T> {
  const { status, text } = await send(cloud, path, JSON.stringify(body)).catch((cause: unknown) => {
    throw new Fault('cloud-unreachable', `Nobody answers at ${cloud.url}: ${reasonOf(cause)}.`, { cause });
  });
  if (status < 300) return understood(answer, text, cloud.url);
  const { code, message, detail } = understood(ErrorBody, text, cloud.url);
  throw new Fault(code, message, detail === undefined ? {} : { detail });
}

function send(
  { url, adminToken, ca }: CloudAccess,
  path: string,
  body: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const target = new URL(path, url);
  const request = target.protocol === 'http:' ? plainRequest : tlsRequest;
  return new Promise((resolve, reject) => {
    const asked = request(
      target,
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${adminToken}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
        signal: AbortSignal.timeout(DEADLINE_MS),
        ...(ca === undefined ? {} : { ca }),
      },
      response => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}

function understood<T>(schema: z.ZodType<T>, text: string, url: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Fault(
      'cloud-answer-invalid',
      `Check that ${url} is the cloud itself: something else answered, or another version.`,
      {
        cause,
      },
    );
  }
}

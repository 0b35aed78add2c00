/** HTTP to the cloud as a box speaks it: pinned authority, deadlines on everything, and the cloud's own faults by their code. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { Agent, request } from 'undici';
import { z } from 'zod';

export interface CloudHttpOptions {
  /** As in the configuration: scheme, host and port. */
  readonly url: string;
  /** PEM of the authority behind the cloud's certificate; left out: the system's. */
  readonly ca?: string | undefined;
  readonly connectMs?: number;
}

export interface CloudRequest {
  readonly method: 'GET' | 'POST';
  /** From `/v1` on, with its query. */
  readonly path: string;
  readonly json?: unknown;
  readonly body?: { readonly bytes: Uint8Array; readonly type: string; readonly encoding?: string };
  readonly token?: string;
  /** From the request to the last byte of its answer. */
  readonly deadlineMs: number;
  /** Until the answer begins; left out: the deadline. */
  readonly silenceMs?: number;
  readonly signal: AbortSignal;
}

export interface CloudAnswer {
  readonly status: number;
  readonly bytes: Uint8Array;
}

export interface CloudHttp {
  /** @throws Fault the cloud's own by its code; `cloud-unreachable`, `cloud-answer-invalid` */
  send(request: CloudRequest): Promise<CloudAnswer>;
  close(): Promise<void>;
}

/** Nothing a box asks for is larger: a plan is the largest. */
const ANSWER_MAX_BYTES = 40 * 1024 * 1024;

const ErrorBody = z.strictObject({
  code: z.string().regex(/^[a-z0-9-]{1,64}$/),
  message: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
});

export function cloudHttp({ url, ca, connectMs = 5_000 }: CloudHttpOptions): CloudHttp {
  const agent = new Agent({
    // Up, down, plan and a till's question at a time, and one to spare for a session.
    connections: 5,
    connect: { timeout: connectMs, ...(ca === undefined ? {} : { ca }) },
    keepAliveTimeout: 30_000,
    maxResponseSize: ANSWER_MAX_BYTES,
  });
  return {
    async send({ method, path, json, body, token, deadlineMs, silenceMs = deadlineMs, signal }) {
      const answered = await ask().catch((cause: unknown) => {
        throw unreachable(cause);
      });
      if (answered.status < 300) return answered;
      throw refusal(answered);

      async function ask(): Promise<CloudAnswer> {
        const content = json === undefined ? body?.bytes : JSON.stringify(json);
        const type = json === undefined ? body?.type : 'application/json';
        const { statusCode, body: answer } = await request(new URL(path, url), {
          dispatcher: agent,
          method,
          // A half-open line never says that it is one: whatever takes too long is given up with its connection.
          signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
          headersTimeout: silenceMs,
          bodyTimeout: deadlineMs,
          headers: {
            ...(type === undefined ? {} : { 'content-type': type }),
            ...(body?.encoding === undefined ? {} : { 'content-encoding': body.encoding }),
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          },
          ...(content === undefined ? {} : { body: content }),
        });
        return { status: statusCode, bytes: await answer.bytes() };
      }
    },
    close: () => agent.destroy(),
  };
}

/** @throws Fault `cloud-answer-invalid` */
export function readAnswer<T>(schema: z.ZodType<T>, { bytes }: CloudAnswer): T {
  try {
    return schema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw invalid(cause);
  }
}

function refusal(answer: CloudAnswer): Fault {
  const { code, message, detail } = readAnswer(ErrorBody, answer);
  return new Fault(code, message, detail === undefined ? {} : { detail });
}

function unreachable(cause: unknown): Fault {
  return new Fault(
    'cloud-unreachable',
    'Check the cable and the address of the cloud; selling goes on, and the journal is sent later.',
    { cause },
  );
}

function invalid(cause: unknown): Fault {
  return new Fault(
    'cloud-answer-invalid',
    'Check that the configured address is the cloud itself: something else answered, or another version.',
    { cause },
  );
}

/** From the bytes a till sent to a request, or to the answer that says what is wrong with them. */
import { Fault } from '@pulsera/firmware-protocol/fault';
import { TapId } from '@pulsera/firmware-protocol/ids';
import {
  TillRequest,
  type TillRequestLeaf,
  type TillRequestOf,
  type TillResult,
} from '@pulsera/firmware-protocol/wire/till';
import type { z } from 'zod';

export type Request = {
  [L in TillRequestLeaf]: { readonly leaf: L; readonly request: TillRequestOf<L> };
}[TillRequestLeaf];

/** Whose answer it is. Requests with a `requestId` are answered by it, also where they name a tap. */
export type Named =
  | { readonly requestId: TapId | null; readonly tapId?: never }
  | { readonly tapId: TapId; readonly requestId?: never };

export type Read =
  | { readonly kind: 'request'; readonly asked: Request; readonly named: Named }
  | { readonly kind: 'refused'; readonly answer: TillResult };

/** Problems named in one answer. */
const NAMED_PROBLEMS = 5;
const decoder = new TextDecoder('utf-8', { fatal: true });

export function readMessage(leaf: string, payload: Uint8Array): Read {
  let json: unknown;
  try {
    json = JSON.parse(decoder.decode(payload));
  } catch (cause) {
    const fault = new Fault('message-malformed', 'Send one JSON value in UTF-8.', { cause });
    return { kind: 'refused', answer: faultAnswer({ requestId: null }, fault) };
  }
  if (!isLeaf(leaf)) {
    const fault = new Fault(
      'message-unknown',
      `Ask on a topic of docs/wire.md; ${leaf.slice(0, 40)} is none.`,
    );
    return { kind: 'refused', answer: faultAnswer(nameOf(json), fault) };
  }
  const parsed = TillRequest[leaf].safeParse(json);
  if (!parsed.success) return { kind: 'refused', answer: faultAnswer(nameOf(json), invalid(parsed.error)) };
  const asked = { leaf, request: parsed.data } as Request;
  return { kind: 'request', asked, named: nameIn(asked.request) };
}

export function faultAnswer(named: Named, { code, message }: Fault): TillResult {
  return named.tapId === undefined
    ? { requestId: named.requestId, outcome: 'fault', code, message }
    : { tapId: named.tapId, outcome: 'fault', code, message };
}

const isLeaf = (leaf: string): leaf is TillRequestLeaf => Object.hasOwn(TillRequest, leaf);

const nameIn = (request: Request['request']): Named =>
  'requestId' in request ? { requestId: request.requestId } : { tapId: request.tapId };

/** Of what isn't a request: as far as there is a name in it. */
function nameOf(json: unknown): Named {
  const fields: { requestId?: unknown; tapId?: unknown } =
    typeof json === 'object' && json !== null ? json : {};
  const requestId = TapId.safeParse(fields.requestId);
  if (requestId.success) return { requestId: requestId.data };
  const tapId = TapId.safeParse(fields.tapId);
  return tapId.success ? { tapId: tapId.data } : { requestId: null };
}

function invalid({ issues }: z.ZodError): Fault {
  const problems = issues.slice(0, NAMED_PROBLEMS).map(issue => {
    const path = issue.path.join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  return new Fault('message-invalid', `Correct the message: ${problems.join('; ')}.`.slice(0, 500));
}

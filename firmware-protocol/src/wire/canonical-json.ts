/**
 * One text for one value, so that it can be signed: RFC 8785 (JSON Canonicalization Scheme) for the values we use.
 * Object keys sorted by UTF-16 code units, no white space, integers only. What is signed stays readable with any tool.
 */
import { Fault } from '../fault.ts';

/** @throws RangeError for a value that JSON can't hold exactly: a fraction, NaN, undefined, a function. */
export function encodeCanonical(value: unknown): Uint8Array {
  return new TextEncoder().encode(write(value));
}

/**
 * Reads what `encodeCanonical` writes, and nothing else.
 * @throws Fault `json-not-canonical` for bytes that are not UTF-8, not JSON, or another spelling of the same value
 */
export function decodeCanonical(bytes: Uint8Array): unknown {
  let value: unknown;
  let spelling: string;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
    spelling = write(value);
  } catch (cause) {
    throw notCanonical({ cause });
  }
  if (spelling !== text) {
    let offset = 0;
    while (spelling[offset] === text[offset]) offset++;
    throw notCanonical({ detail: { offset } });
  }
  return value;
}

function write(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a safe integer`);
    return Object.is(value, -0) ? '0' : String(value);
  }
  if (Array.isArray(value)) return writeList(value);
  if (typeof value === 'object') return writeMembers(value as Readonly<Record<string, unknown>>);
  throw new RangeError(`JSON holds no ${typeof value}`);
}

function writeList(items: readonly unknown[]): string {
  let text = '';
  for (const item of items) text += text === '' ? write(item) : `,${write(item)}`;
  return `[${text}]`;
}

function writeMembers(value: Readonly<Record<string, unknown>>): string {
  let text = '';
  // Left to itself, sort goes by UTF-16 code units. Texts are put together as they come: every request of a till passes here.
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${write(member)}`;
  }
  return `{${text}}`;
}

function notCanonical(options: { cause?: unknown; detail?: Record<string, number> }): Fault {
  return new Fault(
    'json-not-canonical',
    'Sign and send the canonical JSON text (RFC 8785) of the value.',
    options,
  );
}

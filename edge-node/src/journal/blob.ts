/** Ids as the bytes they are stored in. */

export const hexBytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
export const uuidBytes = (uuid: string): Uint8Array => Buffer.from(uuid.replaceAll('-', ''), 'hex');

export const hexText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');

export function uuidText(bytes: Uint8Array): string {
  const hex = hexText(bytes);
  return [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ]
    .map(([from, to]) => hex.slice(from, to))
    .join('-');
}

/** A plain Uint8Array over the same memory: what leaves this folder is no Buffer. */
export const plain = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);

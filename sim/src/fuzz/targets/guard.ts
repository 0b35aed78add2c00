/**
 * A till's stream of MQTT packets before the broker sees it, accepted as soon as its CONNECT has passed. However the network cuts it, the
 * guard says the same, and what it lets pass is what a reader of the whole stream, written apart, would.
 */
import { type GuardRefusal, LengthGuard } from '@pulsera/edge-node/broker/guard';
import { utf8 } from '../samples.ts';
import { holds, type Target } from '../target.ts';

const LIMITS = { connectBytes: 64, packetBytes: 300 };

const packet = (type: number, body: Uint8Array): Uint8Array => {
  const head: number[] = [type << 4];
  for (let left = body.length; ; ) {
    const digit = left % 128;
    left = Math.floor(left / 128);
    head.push(left > 0 ? digit | 128 : digit);
    if (left === 0) break;
  }
  return Uint8Array.from([...head, ...body]);
};
const connect = packet(1, Uint8Array.from([0, 4, ...utf8('MQTT'), 4, 2, 0, 60, 0, 5, ...utf8('bar-1')]));
const publish = packet(3, Uint8Array.from([0, 16, ...utf8('till/bar-1/quote'), ...utf8('{"lines":[]}')]));
const long = packet(3, new Uint8Array(280));
const join = (...packets: Uint8Array[]) => Uint8Array.from(packets.flatMap(one => [...one]));

export const target: Target = {
  shape: 'bytes',
  seeds: [
    connect,
    join(connect, publish, packet(12, new Uint8Array(0)), packet(14, new Uint8Array(0))),
    join(connect, long, publish),
    join(connect, connect),
    Uint8Array.from([0x10, 0xff, 0xff, 0xff, 0x7f]),
    Uint8Array.from([...connect, 0x30, 0x80, 0x80, 0x80, 0x80, 0x01]),
  ],
  run: input => {
    const whole = judged(input, input.length);
    for (const bytes of [1, 3, 1 + ((input.at(-1) ?? 0) % 50)]) {
      const cut = judged(input, bytes);
      holds(
        cut.refusal === whole.refusal,
        `${cut.refusal} in pieces of ${bytes}, and whole ${whole.refusal}`,
      );
      if (whole.refusal === undefined)
        holds(cut.passed === whole.passed, 'what passes hangs on how it is cut');
    }
    const expected = reference(input);
    holds(whole.refusal === expected, `refused as ${whole.refusal}, and it is ${expected}`);
    return whole.refusal === undefined;
  },
};

/** As `Connection` does it: what follows a CONNECT waits until that is accepted. */
function judged(
  input: Uint8Array,
  pieceBytes: number,
): { refusal: GuardRefusal | undefined; passed: number } {
  const guard = new LengthGuard(LIMITS);
  let passed = 0;
  for (let at = 0; at < input.length; at += pieceBytes) {
    let piece = input.subarray(at, at + pieceBytes);
    while (piece.length > 0) {
      const verdict = guard.inspect(piece);
      if ('refuse' in verdict) return { refusal: verdict.refuse, passed };
      holds(verdict.pass > 0, 'nothing passes, and nothing is refused');
      passed += verdict.pass;
      piece = piece.subarray(verdict.pass);
      if (guard.holding) guard.accept();
      else holds(piece.length === 0, 'bytes are held back though nothing waits');
    }
  }
  return { refusal: undefined, passed };
}

/** MQTT 3.1.1, section 2.2, packet by packet. */
function reference(input: Uint8Array): GuardRefusal | undefined {
  for (let at = 0, isFirst = true; at < input.length; isFirst = false) {
    const start = at;
    const type = (input[at++] ?? 0) >> 4;
    if (isFirst && type !== 1) return 'not-connect';
    if (!isFirst && type === 1) return 'second-connect';
    if (type === 0 || type === 15) return 'bad-packet-type';
    let length = 0;
    for (let digit = 0; ; digit++) {
      const byte = input[at++];
      if (byte === undefined) return undefined;
      length += (byte % 128) * 128 ** digit;
      if (byte < 128) break;
      if (digit === 3) return 'bad-length';
    }
    if (at - start + length > (isFirst ? LIMITS.connectBytes : LIMITS.packetBytes)) return 'too-long';
    at += length;
  }
  return undefined;
}

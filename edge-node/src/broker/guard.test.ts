import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LengthGuard } from './guard.ts';

const LIMITS = { connectBytes: 4096, packetBytes: 65_536 };

/** A packet of a type (1 = CONNECT, 3 = PUBLISH, …) with a body of that many bytes, in the shortest length encoding. */
function packet(type: number, bodyBytes: number): Buffer {
  return Buffer.concat([
    Buffer.from([type << 4, ...remainingLength(bodyBytes)]),
    Buffer.alloc(bodyBytes, type),
  ]);
}

function remainingLength(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; ) {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low | 0x80 : low);
    if (rest === 0) return bytes;
  }
}

/** Sends bytes through a guard in chunks, accepting CONNECT as soon as it holds; what passed, or the refusal. */
function through(bytes: Uint8Array, cuts: readonly number[]) {
  const guard = new LengthGuard(LIMITS);
  const passed: Uint8Array[] = [];
  const edges = [...new Set([0, ...cuts.map(cut => cut % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  for (const [index, start] of edges.entries()) {
    let chunk = bytes.subarray(start, edges[index + 1] ?? bytes.length);
    while (chunk.length > 0) {
      const verdict = guard.inspect(chunk);
      if ('refuse' in verdict) return { refuse: verdict.refuse, offered: start + chunk.length };
      passed.push(chunk.subarray(0, verdict.pass));
      chunk = chunk.subarray(verdict.pass);
      if (chunk.length > 0 && !guard.holding) throw new Error('held back without holding');
      if (guard.holding) guard.accept();
    }
  }
  return { passed: Buffer.concat(passed) };
}

const body = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 16_000, max: 65_532 }));
const later = fc
  .record({ type: fc.integer({ min: 2, max: 14 }), body })
  .map(({ type, body }) => packet(type, body));
const stream = fc
  .tuple(fc.integer({ min: 0, max: 4093 }), fc.array(later, { maxLength: 6 }))
  .map(([connectBody, rest]) => Buffer.concat([packet(1, connectBody), ...rest]));
const cuts = fc.array(fc.nat({ max: 400_000 }), { maxLength: 30 });

test('a stream within the limits passes unchanged, however it is cut into chunks', () => {
  fc.assert(
    fc.property(stream, cuts, (bytes, where) => {
      expect(through(bytes, where).passed?.equals(bytes)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('byte by byte is no different', () => {
  const bytes = Buffer.concat([packet(1, 200), packet(3, 20_000), packet(12, 0), packet(14, 0)]);
  expect(through(bytes, [...bytes.keys()]).passed?.equals(bytes)).toBe(true);
});

test('a packet over the limit is refused wherever it stands, with no more than its header offered to the parser', () => {
  fc.assert(
    fc.property(stream, fc.integer({ min: 65_533, max: 268_435_455 }), (before, tooLong) => {
      const header = Buffer.from([0x30, ...remainingLength(tooLong)]);
      const result = through(Buffer.concat([before, header]), [before.length]);
      expect(result.refuse).toBe('too-long');
    }),
    { numRuns: 200 },
  );
});

test('until CONNECT is accepted nothing passes but CONNECT, and at most 4 KB of it', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.integer({ min: 1, max: 5000 })), (bytes, sizes) => {
      const guard = new LengthGuard(LIMITS);
      let passed = 0;
      let at = 0;
      for (const size of sizes) {
        const verdict = guard.inspect(bytes.subarray(at, at + size));
        if ('refuse' in verdict) throw new Error(verdict.refuse);
        at += size;
        passed += verdict.pass;
        if (guard.holding) break;
      }
      expect(passed).toBeLessThanOrEqual(4096);
      if (guard.holding) expect(guard.inspect(bytes.subarray(passed))).toEqual({ pass: 0 });
    }),
  );
});

test('no stream of garbage makes it pass a packet that is longer than allowed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), garbage => {
      const guard = new LengthGuard(LIMITS);
      guard.inspect(packet(1, 10));
      guard.accept();
      const verdict = guard.inspect(garbage);
      if ('refuse' in verdict)
        expect(verdict.refuse).toMatch(/^(too-long|bad-length|bad-packet-type|second-connect)$/);
      else expect(verdict.pass).toBe(garbage.length);
    }),
    { numRuns: 1000 },
  );
});

describe('refused at the header', () => {
  const afterConnect = (...bytes: number[]) =>
    through(Buffer.concat([packet(1, 10), Buffer.from(bytes)]), []).refuse;

  test('256 MB as the first packet, at its fifth byte', () => {
    const guard = new LengthGuard(LIMITS);
    expect(guard.inspect(Buffer.from([0x10, 0xff, 0xff, 0xff]))).toEqual({ pass: 4 });
    expect(guard.inspect(Buffer.from([0x7f]))).toEqual({ refuse: 'too-long' });
  });

  test('a CONNECT of one byte too many, header included', () => {
    expect(through(packet(1, 4093), []).passed).toHaveLength(4096);
    expect(through(packet(1, 4094), []).refuse).toBe('too-long');
  });

  test('a later packet of one byte too many, header included', () => {
    const connect = packet(1, 10);
    expect(through(Buffer.concat([connect, packet(3, 65_532)]), []).passed).toHaveLength(12 + 65_536);
    expect(through(Buffer.concat([connect, packet(3, 65_533)]), []).refuse).toBe('too-long');
  });

  test('a remaining length that goes on past its fourth byte', () => {
    expect(afterConnect(0x30, 0x80, 0x80, 0x80, 0x80)).toBe('bad-length');
    expect(through(Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff]), []).refuse).toBe('bad-length');
  });

  test('anything before CONNECT', () => {
    for (const type of [0, 2, 3, 8, 12, 14, 15])
      expect(through(packet(type, 2), []).refuse).toBe('not-connect');
  });

  test('a second CONNECT, and the reserved types', () => {
    expect(afterConnect(0x10, 0)).toBe('second-connect');
    expect(afterConnect(0x00, 0)).toBe('bad-packet-type');
    expect(afterConnect(0xf0, 0)).toBe('bad-packet-type');
  });
});

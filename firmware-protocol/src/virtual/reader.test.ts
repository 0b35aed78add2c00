import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { fastRead, getVersion, pwdAuth, write } from '../chip/ntag21x/commands.ts';
import type { ReaderSignal } from '../reader/reader.ts';
import { ACTIVATION_MS, exchangeMs } from './airtime.ts';
import { VirtualChip } from './chip.ts';
import { type Clock, jumpingClock } from './clock.ts';
import { drawFault, tearAtByte } from './faults.ts';
import { seededRandom } from './random.ts';
import { VirtualReader } from './reader.ts';

const UID = '04a1b2c3d4e5f6';
const page = (value: number): Uint8Array => new Uint8Array(4).fill(value);
const writes = [8, 9, 10, 11].map(number => write(number, page(number)));

let clock: ReturnType<typeof jumpingClock>;
let reader: VirtualReader;
let chip: VirtualChip;
let heard: ReaderSignal[];

beforeEach(async () => {
  clock = jumpingClock(1_000);
  reader = new VirtualReader({ name: 'till 1', clock });
  chip = new VirtualChip(UID);
  heard = [];
  reader.onSignal(signal => heard.push(signal));
});

function held(first: number, last: number): Uint8Array {
  return chip.image().memory.slice(first * 4, last * 4 + 4);
}

describe('time at a virtual reader', () => {
  const script = [getVersion(), fastRead(4, 19), write(6, page(1))];
  const airMs =
    ACTIVATION_MS +
    exchangeMs(Uint8Array.of(0x60), new Uint8Array(8)) +
    exchangeMs(Uint8Array.of(0x3a, 4, 19), new Uint8Array(64)) +
    exchangeMs(Uint8Array.of(0xa2, 6, 1, 1, 1, 1), Uint8Array.of(0x0a));

  it('is what the air takes, and the time the host thinks', async () => {
    await reader.present(chip);
    clock.advance(3);
    await reader.run(script);
    expect(clock.nowMs() - 1_000).toBeCloseTo(airMs + 3, 6);
  });

  it('does not add up the lateness of timers: each exchange ends on a deadline counted from field-on', async () => {
    let now = 0;
    const late: Clock = {
      nowMs: () => now,
      async sleepUntil(atMs) {
        now = Math.max(now, atMs) + 0.9;
      },
    };
    const lateReader = new VirtualReader({ name: 'late', clock: late });
    await lateReader.present(chip);
    await lateReader.run(script);
    await lateReader.run(script);
    expect(now).toBeCloseTo(2 * airMs - ACTIVATION_MS + 0.9, 6);
  });

  it('includes calling the chip anew after it refused something', async () => {
    await reader.present(chip);
    await reader.run([pwdAuth({ pwd: page(0), pack: new Uint8Array(2) })]);
    const before = clock.nowMs();
    await reader.run([getVersion()]);
    expect(clock.nowMs() - before).toBeCloseTo(
      ACTIVATION_MS + exchangeMs(Uint8Array.of(0x60), new Uint8Array(8)),
      6,
    );
  });
});

describe('a chip torn away', () => {
  it('at byte n of what is written holds the bytes before it, and no others', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 15 }), async n => {
        chip = new VirtualChip(UID);
        await reader.present(chip);
        reader.arm(tearAtByte(n));
        const result = await reader.run(writes);
        expect(result.stopped).toBe('removed');
        expect(result.answers).toHaveLength(Math.floor(n / 4));
        const whole = [8, 8, 8, 8, 9, 9, 9, 9, 10, 10, 10, 10, 11, 11, 11, 11];
        const expected = whole.map((value, index) => (index < n ? value : 0));
        expect([...held(8, 11)]).toEqual(expected);
        expect(reader.chip()).toBeUndefined();
      }),
    );
  });

  it('after the last byte has lost only the ACK', async () => {
    await reader.present(chip);
    reader.arm({ kind: 'tear', atWrite: 3, programmed: 4 });
    const result = await reader.run(writes);
    expect(result.answers).toHaveLength(3);
    expect(held(11, 11)).toEqual(page(11));
  });

  it('by a hand, while a page is being programmed, is torn as far as the time says', async () => {
    let leave = (): void => undefined;
    let sleeps = 0;
    let now = 0;
    const handClock: Clock = {
      nowMs: () => now,
      async sleepUntil(atMs) {
        sleeps += 1;
        // The third sleep is the second write, after activation and the first write.
        if (sleeps !== 3) {
          now = atMs;
          return;
        }
        now += 0.7 + 0.6 * 4.1;
        leave();
        now = atMs;
      },
    };
    const slow = new VirtualReader({ name: 'slow', clock: handClock });
    await slow.present(chip);
    leave = () => void slow.remove();
    const result = await slow.run(writes);
    expect(result).toEqual({ answers: [Uint8Array.of(0x0a)], stopped: 'removed' });
    expect([...held(8, 9)]).toEqual([8, 8, 8, 8, 9, 9, 0, 0]);
  });

  it('before an exchange has lost nothing', async () => {
    await reader.present(chip);
    reader.arm({ kind: 'removed', atExchange: 1 });
    const result = await reader.run(writes);
    expect(result).toEqual({ answers: [Uint8Array.of(0x0a)], stopped: 'removed' });
    expect([...held(8, 9)]).toEqual([8, 8, 8, 8, 0, 0, 0, 0]);
    expect(heard.at(-1)).toEqual({ kind: 'removed' });
  });
});

describe('two chips in the field', () => {
  it('can neither be heard, until one has gone', async () => {
    await reader.present(chip);
    await reader.present(new VirtualChip('04112233445566'));
    expect(heard.map(signal => signal.kind)).toEqual(['present', 'removed', 'unsupported']);
    expect(reader.chip()).toBeUndefined();
    expect((await reader.run([getVersion()])).stopped).toBe('removed');
    await reader.remove(chip);
    expect(reader.chip()).toEqual({ uid: '04112233445566', presence: 2 });
  });

  it('end a script in the middle', async () => {
    await reader.present(chip);
    reader.arm({ kind: 'second-chip', atExchange: 2 });
    const result = await reader.run(writes);
    expect(result.stopped).toBe('removed');
    expect(result.answers).toHaveLength(2);
    expect(heard.at(-1)).toEqual({ kind: 'unsupported', reason: 'several-chips' });
    await reader.remove();
    await reader.present(chip);
    expect(reader.chip()?.uid).toBe(UID);
  });
});

describe('an unplugged reader', () => {
  it('says so in the middle of a script, and finds the chip again', async () => {
    await reader.present(chip);
    reader.arm({ kind: 'unplugged', atExchange: 1 });
    const result = await reader.run(writes);
    expect(result.stopped).toBe('reader');
    expect(result.answers).toHaveLength(1);
    expect(reader.isUp()).toBe(false);
    await reader.plug();
    expect(heard.map(signal => signal.kind)).toEqual(['present', 'removed', 'down', 'up', 'present']);
  });

  it('does not notice a chip that comes meanwhile until it is plugged in', async () => {
    reader.unplug();
    await reader.present(chip);
    expect(reader.chip()).toBeUndefined();
    await reader.plug();
    expect(reader.chip()?.uid).toBe(UID);
  });
});

describe('a bit error', () => {
  it('in data is seen by the CRC: nothing comes, and the chip is called anew', async () => {
    await reader.present(chip);
    reader.arm({ kind: 'bit-error', atExchange: 0, bit: 5 });
    expect(await reader.run([fastRead(4, 19)])).toEqual({
      answers: [new Uint8Array(0)],
      stopped: 'mismatch',
    });
    expect((await reader.run([fastRead(4, 19)])).stopped).toBeUndefined();
  });

  it('in an ACK is not seen: the page is written all the same', async () => {
    await reader.present(chip);
    reader.arm({ kind: 'bit-error', atExchange: 0, bit: 0 });
    expect(await reader.run(writes)).toEqual({ answers: [Uint8Array.of(0x0b)], stopped: 'mismatch' });
    expect(held(8, 8)).toEqual(page(8));
  });

  it('flips one of the four bits that an ACK has', async () => {
    await reader.present(chip);
    reader.arm({ kind: 'bit-error', atExchange: 0, bit: 6 });
    expect((await reader.run(writes)).answers).toEqual([Uint8Array.of(0x0e)]);
  });

  it('can slip through', async () => {
    await reader.present(chip);
    reader.arm({ kind: 'bit-error', atExchange: 0, bit: 9, slips: true });
    const result = await reader.run([fastRead(8, 8)]);
    expect(result).toEqual({ answers: [Uint8Array.of(0, 2, 0, 0)] });
  });
});

describe('faults', () => {
  it('strike once, and not after they were disarmed', async () => {
    await reader.present(chip);
    reader.arm({ kind: 'removed', atExchange: 0 });
    reader.disarm();
    expect((await reader.run([getVersion()])).stopped).toBeUndefined();
  });

  it('are drawn the same again from the same seed', () => {
    const draw = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 50 }, () => drawFault(random));
    };
    expect(draw(3)).toEqual(draw(3));
    expect(new Set(draw(3).map(fault => fault.kind))).toEqual(
      new Set(['tear', 'removed', 'unplugged', 'second-chip', 'bit-error']),
    );
  });
});

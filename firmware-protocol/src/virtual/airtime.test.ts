import { describe, expect, it } from 'vitest';
import { commandMs, exchangeMs, PROGRAMMING_MS } from './airtime.ts';

const ACK = Uint8Array.of(0x0a);

/** The figures drawn in the NTAG213/215/216 data sheet, section 10, in milliseconds. */
describe('air time', () => {
  it.each([
    ['GET_VERSION', 1, 0.283],
    ['READ_CNT', 2, 0.368],
    ['WRITE', 6, 0.708],
  ])('of a %s command frame is the data sheet’s', (_, bytes, ms) => {
    expect(commandMs(new Uint8Array(bytes))).toBeCloseTo(ms, 3);
  });

  it('of a tap’s exchanges is about 1.2, 6.3 and 0.77 ms plus programming', () => {
    const password = Uint8Array.of(0x1b, 1, 2, 3, 4);
    expect(exchangeMs(password, new Uint8Array(2))).toBeCloseTo(1.2, 1);
    expect(exchangeMs(Uint8Array.of(0x3a, 4, 19), new Uint8Array(64))).toBeCloseTo(6.3, 1);
    const write = Uint8Array.of(0xa2, 4, 1, 2, 3, 4);
    expect(exchangeMs(write, ACK) - PROGRAMMING_MS).toBeCloseTo(0.85, 2);
  });

  it('of a refused write has no programming in it', () => {
    const write = Uint8Array.of(0xa2, 4, 1, 2, 3, 4);
    expect(exchangeMs(write, Uint8Array.of(0))).toBeLessThan(1);
  });

  it('of silence is the reader’s time-out, longer after a write', () => {
    expect(exchangeMs(Uint8Array.of(0x60), undefined)).toBeGreaterThan(5);
    expect(exchangeMs(Uint8Array.of(0xa2, 4, 1, 2, 3, 4), undefined)).toBeGreaterThan(10);
  });
});

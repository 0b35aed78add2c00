import { BoxId, EventId, TenantId } from '@pulsera/firmware-protocol/ids';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { START_MS, testWorld } from '../../test/cloud.ts';
import { makeTicket, readTicket } from './ticket.ts';

const key = new Uint8Array(32).fill(1);
const who = { tenantId: TenantId.parse(0xffff_fffe), eventId: EventId.parse(7), boxId: BoxId.parse(0xffff) };

test('a ticket says whose it is until it is over', () => {
  const ticket = makeTicket('token', who, 1000, testWorld(), key);
  expect(readTicket('token', ticket, START_MS + 999, key)).toEqual(who);
  expect(readTicket('token', ticket, START_MS + 1000, key)).toBe('expired');
});

test('a ticket with any bit changed, cut short or made longer is nobody’s', () => {
  const ticket = makeTicket('nonce', who, 1000, testWorld(), key);
  fc.assert(
    fc.property(fc.nat(ticket.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = Uint8Array.from(ticket, (byte, i) => (i === at ? byte ^ flip : byte));
      expect(readTicket('nonce', changed, START_MS, key)).toBeUndefined();
    }),
  );
  expect(readTicket('nonce', ticket.subarray(1), START_MS, key)).toBeUndefined();
  expect(readTicket('nonce', Uint8Array.of(...ticket, 0), START_MS, key)).toBeUndefined();
});

test('a ticket is nobody’s for another purpose or under another key', () => {
  const ticket = makeTicket('nonce', who, 1000, testWorld(), key);
  expect(readTicket('token', ticket, START_MS, key)).toBeUndefined();
  expect(readTicket('nonce', ticket, START_MS, new Uint8Array(32))).toBeUndefined();
});

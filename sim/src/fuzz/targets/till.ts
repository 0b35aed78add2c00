/** What a till sends. The first byte of an input is the leaf of its topic. Nothing may be thrown: whatever comes, there is an answer. */
import { readMessage } from '@pulsera/edge-node/stand/message';
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import { encodeCanonical } from '@pulsera/firmware-protocol/wire/canonical-json';
import { TillRequest, TillResult } from '@pulsera/firmware-protocol/wire/till';
import { TILL_VERBS } from '@pulsera/firmware-protocol/wire/topics';
import { chosen, json } from '../samples.ts';
import { attempt, holds, type Target } from '../target.ts';

const ID = '11111111-2222-4333-8444-555555555555';
const LEAVES = [...TILL_VERBS, '__proto__', 'constructor', 'hasOwnProperty'];
const actor = { operator: 'ann', shift: ID };
const lines = [
  { product: 'lager', quantity: 2, overrideMinor: 300 },
  { product: 'cup', quantity: 1 },
];
const SAMPLES: Readonly<Record<string, readonly unknown[]>> = {
  quote: [{ requestId: ID, lines }],
  charge: [{ tapId: ID, saleId: ID, ...actor, lines, approvedBy: 'bob', waitMs: 5000 }],
  topup: [{ tapId: ID, ...actor, amountMinor: 2000, tender: 'cash' }],
  cashout: [{ tapId: ID, ...actor, amountMinor: null }],
  reverse: [{ tapId: ID, operator: null, shift: null, ofTapId: ID }],
  balance: [{ tapId: ID, waitMs: 1000 }],
  cancel: [{ tapId: ID }],
  'drawer-paid': [{ requestId: ID, tapId: ID, operator: 'ann' }],
  shift: [
    { requestId: ID, action: 'open', shift: ID, operator: 'ann', floatMinor: 0 },
    { requestId: ID, action: 'close', shift: ID, operator: 'ann', countedMinor: 1 },
    { requestId: ID, action: 'extend-cap', approvedBy: 'ann', cap: 'terminal', byMinor: 1 },
  ],
};

export const target: Target = {
  shape: 'json',
  from: 1,
  seeds: LEAVES.flatMap((leaf, i) =>
    (Object.hasOwn(SAMPLES, leaf) ? (SAMPLES[leaf] ?? []) : [{ tapId: ID }]).map(sample =>
      chosen(i, json(sample)),
    ),
  ),
  words: ['tapId', 'requestId', 'lines', 'action', 'card', 'approvedBy', ID],
  run: input => {
    const leaf = LEAVES[(input[0] ?? 0) % LEAVES.length] ?? '';
    const read = readMessage(leaf, input.subarray(1));
    if (read.kind === 'refused') {
      holds(TillResult.safeParse(read.answer).success, 'the answer is none that a till understands');
      return false;
    }
    const { asked } = read;
    const again = TillRequest[asked.leaf].safeParse(JSON.parse(JSON.stringify(asked.request)));
    holds(again.success, 'the request is none when sent again');
    const [first, second] = [asked.request, again.data].map(request =>
      attempt([], () => encodeCanonical(request)),
    );
    holds(
      first !== undefined && second !== undefined && equalBytes(first, second),
      'the request is another when sent again',
    );
    return true;
  },
};

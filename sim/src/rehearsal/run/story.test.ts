/** Evenings told on paper, with a finding in them: what of it a person reads. */
import { expect, test } from 'vitest';
import { Story } from '../../../test/rehearsal/story.ts';
import type { Finding } from '../auditor/finding.ts';
import { type Happened, storyOf } from './story.ts';

const STANDS = [
  { till: 'till-1', box: 1 },
  { till: 'till-2', box: 2 },
];

/** Ann's eight taps, one of them torn, with Bob between; the clock goes on by a millisecond with each observation. */
function evening(): { story: Story; happened: Happened[] } {
  const happened: Happened[] = [];
  const story = new Story(seen => {
    happened.push({ seen });
    return [seen];
  });
  const [ann, bob] = [story.arrive(), story.arrive()];
  story.topUp(ann, 5000);
  story.charge(ann, 100);
  story.charge(ann, 200);
  story.topUp(bob, 3000, 2);
  story.charge(ann, 300);
  story.charge(ann, 400, 2, 'torn-posted');
  story.crash(1);
  story.charge(bob, 700, 2);
  story.charge(ann, 600);
  story.decline(ann, 100_000, 'insufficient-balance');
  story.charge(ann, 800);
  story.end();
  return { story, happened };
}

/** Without times and padding. */
const told = (finding: Omit<Finding, 'check' | 'atMs' | 'what'>, happened: readonly Happened[]) =>
  storyOf({ check: 'green-kept', atMs: 44, what: 'it is gone\nfor good', ...finding }, happened, STANDS).map(
    line => line.replace(/^\d\d:\d\d:\d\d\.\d{3} {2}/, '').replaceAll(/ {2,}/g, ' '),
  );

const TORN = '00000000-0000-4000-8000-000000000006';

test('the tap in full, with those beside it, and the guest’s others in a line each', () => {
  const { happened } = evening();
  expect(told({ tapId: TORN }, happened)).toMatchInlineSnapshot(`
    [
      "Guest-1, wristband 04000000000001, wallet 0000000000000001, tap 00000006 (00000000-0000-4000-8000-000000000006); 5 more in a line each:",
      "guest-1 arrives, with the empty wristband 04000000000001",
      "till-1 a top-up of 50.00, tap 00000001: GREEN, 50.00 put on; 50.00 left",
      "till-1 a charge of 1.00, tap 00000002: GREEN, 1.00 taken; 49.00 left",
      "till-1 a charge of 2.00, tap 00000003: GREEN, 2.00 taken; 47.00 left",
      "",
      "till-1 asks for a charge of 3.00, tap 00000005, of box 1",
      "guest-1 holds out wristband 04000000000001",
      "box 1 stores 1/1/7: tap 00000005 pending, charge of 3.00; 47.00 (image 3) becomes 44.00 (image 4)",
      "box 1 stores 1/1/8: 1/1/7 of tap 00000005 is posted: it was read back",
      "till-1 screen: GREEN, 3.00 taken; 44.00 left",
      "",
      "till-2 asks for a charge of 4.00, tap 00000006, of box 2",
      "guest-1 holds out wristband 04000000000001",
      "box 2 stores 2/1/3: tap 00000006 pending, charge of 4.00; 44.00 (image 4) becomes 40.00 (image 5)",
      "box 2 stores 2/1/4: 2/1/3 of tap 00000006 is abandoned",
      "till-2 screen: cancelled, and unsettled",
      "",
      "till-1 asks for a charge of 6.00, tap 00000008, of box 1",
      "guest-1 holds out wristband 04000000000001",
      "box 1 stores 1/1/9: tap 00000008 pending, charge of 6.00; 40.00 (image 5) becomes 34.00 (image 6)",
      ">>> green-kept: it is gone",
      "box 1 stores 1/1/10: 1/1/9 of tap 00000008 is posted: it was read back",
      "till-1 screen: GREEN, 6.00 taken; 34.00 left",
      "till-1 a charge of 1000.00, tap 00000009: RED, insufficient-balance; 34.00 left",
      "till-1 a charge of 8.00, tap 0000000a: GREEN, 8.00 taken; 26.00 left",
      "",
      "cloud 1/1/7 of tap 00000005, charge of 3.00: posted",
      "cloud 2/1/3 of tap 00000006, charge of 4.00: posted",
      "cloud 1/1/9 of tap 00000008, charge of 6.00: posted",
      "cloud its own journal: 0/1/1: wristband 04000000000001 is issued, generation 1",
      "cloud its own journal: 0/1/3: 2/1/3 of tap 00000006 is posted: the event is over",
      "cloud its own journal: 0/1/4: online credit 1, 4.00: given-back, tap:2/1/3",
      "cloud its books: 30.00 of this guest's",
      "guest-1 04000000000001 holds 26.00 (image 7) and 0.00 (image 0)",
    ]
  `);
});

test('of entries that show it, where they lie', () => {
  const { happened } = evening();
  const [, ...lines] = told({ refs: ['2/1/3', '9/1/1'] }, happened);
  expect(lines.slice(0, 2)).toEqual(['Entry 2/1/3: on disk, in the cloud', 'Entry 9/1/1: nowhere']);
  // The guest is known by the entry.
  expect(lines).toContain('till-2 asks for a charge of 4.00, tap 00000006, of box 2');
});

test('a power cut is told of the box where the guest stands', () => {
  const { story, happened } = evening();
  expect(told({ tapId: TORN }, happened).join('\n')).not.toContain('POWER CUT');
  story.say({
    kind: 'asked',
    tapId: TORN,
    till: 'till-1',
    box: 1,
    leaf: 'charge',
    amountMinor: 400,
    ofTapId: null,
  });
  story.crash(2);
  story.crash(1);
  expect(told({ tapId: TORN }, happened).filter(line => line.startsWith('box 1 P'))).toEqual([
    'box 1 POWER CUT',
  ]);
  expect(told({ tapId: TORN }, happened).filter(line => line.startsWith('box 2 P'))).toEqual([]);
});

test('strikes and faults of the tills and boxes where the guest stands', () => {
  const { happened } = evening();
  const at = happened.findIndex(
    each => 'seen' in each && each.seen.kind === 'presented' && each.seen.tapId === TORN,
  );
  const note = (who: string, what: string, detail = {}): Happened => ({
    line: { atMs: 30, who, what, detail },
  });
  happened.splice(
    at,
    0,
    note('strike 4', 'torn-chip', { post: 1, fault: { kind: 'tear', atWrite: 2 } }),
    note('till-2', 'crash'),
    note('till-2 down', 'half-open'),
    note('box 2', 'fault', { code: 'reader-down', leaf: 'charge' }),
    note('box 2 wire', 'sendBatch', { id: 5 }),
    note('till-1', 'crash'),
  );
  const lines = told({ tapId: TORN }, happened);
  expect(lines).toContain('strike 4 torn-chip at till-2: fault kind tear, atWrite 2');
  expect(lines).toContain('till-2 CRASHES, and has forgotten everything');
  expect(lines).toContain('till-2 line from the box: HALF-OPEN, whatever is sent is lost');
  expect(lines).toContain('box 2 FAULT reader-down at charge');
  expect(lines.filter(line => /sendBatch|^till-1 CRASH/.test(line))).toEqual([]);
});

test('what hurt nobody in particular is told with everybody’s taps in a line each, and all that befell the machines', () => {
  const { story, happened } = evening();
  const answer = { requestId: TORN, outcome: 'done', figures: { floatMinor: 20_000 } };
  story.say({ kind: 'showed', till: 'till-1', message: answer });
  const lines = told({}, happened);
  expect(lines[0]).toBe("Everybody's last 100 lines; taps in a line each:");
  expect(lines).toContain('till-1 a charge of 1.00, tap 00000002: GREEN, 1.00 taken; 49.00 left');
  expect(lines).toContain('till-2 a charge of 7.00, tap 00000007: GREEN, 7.00 taken; 23.00 left');
  expect(lines).toContain('box 1 POWER CUT');
  expect(lines).toContain('till-1 screen: done, floatMinor 20000');
  expect(lines.filter(line => line.includes('holds out'))).toEqual([]);
});

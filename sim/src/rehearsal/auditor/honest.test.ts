/** What is destroyed or replaced without anybody's fault is no lie; said by nobody, it is one. */
import { expect, test } from 'vitest';
import { Story } from '../../../test/rehearsal/story.ts';
import { Auditor } from './auditor.ts';
import type { Finding } from './finding.ts';
import type { Seen } from './seen.ts';

const namesOf = (findings: readonly Finding[]) => [...new Set(findings.map(({ check }) => check))].sort();

test('what went with a disk before it was synced is missed by nobody', () => {
  const story = new Story();
  const ann = story.arrive();
  story.topUp(ann, 5000);
  story.lose(ann, 300);
  story.cases.push({ kind: 'forgery', uid: ann.uid, refs: ['1/1/3'], lossBoundMinor: 4700 });
  expect(story.end()).toEqual([]);
});

test('a green tap whose settlement went with one disk, and the next tap with another, is owed to nobody', () => {
  const story = new Story();
  const ann = story.arrive();
  story.topUp(ann, 5000, 2);
  story.loseLast(2);
  expect(namesOf(story.end())).toContain('green-kept');
  const other = new Story();
  const bea = other.arrive();
  other.topUp(bea, 5000, 2);
  other.loseLast(2);
  other.lose(bea, 300);
  other.cases.push({ kind: 'forgery', uid: bea.uid, refs: ['1/1/3'], lossBoundMinor: 4700 });
  expect(namesOf(other.end())).toEqual([]);
});

test('a disk that lost something while nobody touched it is found at the next start', () => {
  const story = new Story();
  const ann = story.arrive();
  story.topUp(ann, 5000);
  story.lose(ann, 300, 1, false);
  expect(namesOf(story.findings)).toEqual(['green-kept']);
  expect(namesOf(story.end())).toEqual(['cloud-once', 'conservation', 'green-kept']);
});

test('a replaced wristband may be declined, and what lay on it waits for the next one', () => {
  const story = new Story();
  const ann = story.arrive();
  story.topUp(ann, 5000);
  const old = { ...ann };
  story.replace(ann);
  story.decline(old, 100, 'chip-replaced');
  story.decline(old, 100, 'chip-blocked');
  expect(story.end()).toEqual([]);
});

test.each(['chip-forged', 'image-stale'])(
  'a wristband that was torn at two boxes one after the other may be dead, until it is green again: %s',
  reason => {
    const torn = () => {
      const story = new Story();
      const ann = story.arrive();
      story.topUp(ann, 5000);
      story.charge(ann, 100, 1, 'torn-dropped');
      story.charge(ann, 200, 2, 'torn-dropped');
      return { story, ann };
    };
    const dead = torn();
    dead.story.decline(dead.ann, 100, reason);
    expect(dead.story.findings).toEqual([]);
    const alive = torn();
    alive.story.charge(alive.ann, 300);
    alive.story.decline(alive.ann, 100, reason);
    expect(namesOf(alive.story.findings)).toEqual(['declines-true']);
  },
);

test('a balance may be any that an interrupted tap may have left, and no other', () => {
  const story = new Story();
  const ann = story.arrive();
  story.topUp(ann, 1000);
  story.charge(ann, 600, 1, 'torn-posted');
  story.charge(ann, 300, 2);
  expect(story.findings).toEqual([]);
  story.decline(ann, 200, 'insufficient-balance');
  expect(story.findings).toEqual([]);
  story.decline(ann, 100, 'insufficient-balance');
  expect(namesOf(story.findings)).toEqual(['declines-true']);
});

test('a green screen may not leave what was there before', () => {
  const isCharge = (seen: Seen) =>
    seen.kind === 'showed' && JSON.stringify(seen.message).includes('"amountMinor":600');
  const story = new Story(seen =>
    seen.kind === 'showed' && isCharge(seen)
      ? [{ ...seen, message: { ...(seen.message as object), balanceMinor: 1000 - 2 * 600 } }]
      : [seen],
  );
  const ann = story.arrive();
  story.topUp(ann, 1000);
  story.charge(ann, 600);
  expect(namesOf(story.findings)).toEqual(['screens-true']);
});

test('a story that is not whole is refused: no till asked for this tap', () => {
  const seen = { kind: 'left', atMs: 1, tapId: 'nobody' } as const;
  expect(() => new Auditor().see(seen)).toThrow('tap nobody was never told of');
});

test('more than a guest owns is no lost disk that was found again, unless a disk was lost', () => {
  const story = new Story(seen => (seen.kind === 'paid-online' ? [] : [seen]));
  const ann = story.arrive();
  story.topUp(ann, 5000);
  const old = ann.uid;
  story.replace(ann);
  story.payOnline(ann, 600);
  story.cases.push({ kind: 'replaced-chip-moved', uid: old, refs: [], lossBoundMinor: 600 });
  const waiting = story.end().filter(({ what }) => what.includes('waiting online'));
  expect(waiting).toHaveLength(1);
});

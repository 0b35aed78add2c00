/** An archive that was changed after it was signed: each change must fail, in its check, and be named. */
import type { Seq } from '@pulsera/firmware-protocol/ids';
import { openHead, signHead } from '@pulsera/firmware-protocol/journal/head';
import { expect, test } from 'vitest';
import { chunksOf, exported, type Places, type RawItem, signer, smallEvent } from '../../test/small-event.ts';
import { contentsOf, expectNamed, findingsOf, of, one, type Tampering, text } from '../../test/tampering.ts';
import { readItems } from './archive.ts';
import { audit } from './audit.ts';
import { report } from './report.ts';

type SpoilItems = (items: RawItem[], places: Places) => void;

/** The file is changed; nobody's signature is made anew. */
const FILE: readonly Tampering<SpoilItems>[] = [
  [
    'a flipped bit in an entry',
    'chains',
    'journal 1/1',
    items => {
      const content = contentsOf(one(items, 'entries', 3))[0];
      if (content) content[content.length - 1] = (content[content.length - 1] ?? 0) ^ 1;
    },
  ],
  ['an entry left out', 'chains', '1/1', items => contentsOf(one(items, 'entries', 4)).splice(2, 1)],
  [
    'an entry twice',
    'chains',
    'journal 1/1',
    items => {
      const contents = contentsOf(one(items, 'entries', 4));
      contents.push(...contents.slice(-1));
    },
  ],
  [
    'two entries changed over',
    'chains',
    'journal 1/1',
    items => contentsOf(one(items, 'entries', 4)).reverse(),
  ],
  [
    'a run of entries left out',
    'chains',
    '1/1/6',
    items => items.splice(items.indexOf(one(items, 'entries', 3)), 1),
  ],
  [
    'the tail of a journal left out',
    'chains',
    'it should end at',
    items => contentsOf(one(items, 'entries', of(items, 'entries').length - 1)).pop(),
  ],
  [
    'entries of one journal in another',
    'structure',
    'entries',
    items => {
      one(items, 'entries', 3)[1] = 2;
    },
  ],
  [
    'another last hash',
    'chains',
    'journal 0/1',
    items => {
      one(items, 'journal')[4] = new Uint8Array(32);
    },
  ],
  [
    'a head by another key',
    'heads',
    'journal 1/1',
    items => {
      one(items, 'journal', 1)[5] = one(items, 'journal', 2)[5];
    },
  ],
  [
    'a flipped bit in a head’s signature',
    'heads',
    'journal 2/1',
    items => {
      const head = one(items, 'journal', 2)[5] as Uint8Array;
      head[head.length - 40] = (head[head.length - 40] ?? 0) ^ 1;
    },
  ],
  [
    'an older head',
    'heads',
    'says something else',
    items => {
      const journal = one(items, 'journal', 1);
      const head = openHead('pulsera/head', journal[5] as Uint8Array, () => true);
      journal[5] = signHead('pulsera/head', { ...head, seq: (head.seq - 1) as Seq }, signer(1));
    },
  ],
  [
    'a head that says it is a checkpoint',
    'heads',
    'journal 1/1',
    items => {
      one(items, 'journal', 1)[6] = one(items, 'journal', 1)[5];
    },
  ],
  [
    'no checkpoint',
    'heads',
    'checkpoint is missing',
    items => {
      one(items, 'journal', 1)[6] = null;
    },
  ],
  [
    'a checkpoint by the box',
    'heads',
    'journal 1/1',
    items => {
      const journal = one(items, 'journal', 1);
      const head = openHead('pulsera/head', journal[5] as Uint8Array, () => true);
      journal[6] = signHead('pulsera/checkpoint', head, signer(1));
    },
  ],
  [
    'another event',
    'heads',
    'journal 0/1',
    items => {
      one(items, 'pulsera-export')[3] = 8;
    },
  ],
  ['no key for a box', 'heads', 'journal 2/1', items => items.splice(items.indexOf(one(items, 'key', 2)), 1)],
  [
    'a journal twice',
    'structure',
    'journal',
    items => {
      items.splice(items.indexOf(one(items, 'journal', 2)), 0, one(items, 'journal', 1));
    },
  ],
  [
    'another balance',
    'balances',
    'cash:bar-1',
    items => {
      const item = of(items, 'balance').find(([, account]) => account === 'cash:bar-1');
      if (item) item[2] = 5;
    },
  ],
  [
    'a balance left out',
    'balances',
    'cash:bar-1',
    items => {
      items.splice(
        items.findIndex(([type, account]) => type === 'balance' && account === 'cash:bar-1'),
        1,
      );
    },
  ],
  [
    'a balance of an account that has none',
    'balances',
    'breakage',
    items => {
      items.splice(items.indexOf(one(items, 'balance')), 0, ['balance', 'breakage', 5]);
    },
  ],
  [
    'balances that do not sum to zero',
    'grand-total',
    'sum to',
    items => {
      one(items, 'balance')[2] = 1;
    },
  ],
  [
    'a balance twice',
    'structure',
    'balance',
    items => {
      items.splice(items.indexOf(one(items, 'balance')), 0, one(items, 'balance'));
    },
  ],
  [
    'a case left out',
    'forks',
    'there is no case',
    items => items.splice(items.indexOf(one(items, 'case')), 1),
  ],
  [
    'a case about another wristband',
    'cases',
    'case 1',
    items => {
      one(items, 'case')[3] = '04112233440001';
    },
  ],
  [
    'a case that names one tap of two',
    'cases',
    'case 1',
    items => {
      one(items, 'case')[4] = (one(items, 'case')[4] as unknown[]).slice(1);
    },
  ],
  [
    'a fork with no bound to its loss',
    'forks',
    'case 1',
    items => {
      one(items, 'case')[6] = null;
    },
  ],
  [
    'a case without a cause',
    'cases',
    'case 2',
    items => {
      items.push(['case', 2, 'posted-again', '04112233440001', [[1, 1, 5]], '{}', null, 1, 'open']);
    },
  ],
  [
    'a case of an unknown kind',
    'cases',
    'case 2',
    items => {
      items.push(['case', 2, 'bad-mood', null, [[1, 1, 5]], '{}', null, 1, 'open']);
    },
  ],
  [
    'a case twice',
    'cases',
    'twice',
    items => {
      const again = [...one(items, 'case')];
      again[1] = 2;
      items.push(again);
    },
  ],
  [
    'a quarantined batch without a case',
    'cases',
    'journal 2/1',
    items => {
      const at = items.indexOf(one(items, 'balance'));
      items.splice(at, 0, ['quarantine', 2, 1, 9, 'journal-forked', 1, new Uint8Array(3)]);
    },
  ],
  [
    'a forked journal without a case',
    'cases',
    'journal 2/1',
    items => {
      one(items, 'journal', 2)[7] = 'forked';
    },
  ],
  [
    'a second end',
    'structure',
    'end',
    items => {
      items.push(['end', items.length]);
    },
  ],
];

test.each(FILE)('%s is found (%s)', async (_, check, names, spoil) => {
  const { event, places } = smallEvent();
  const items = exported(event, places);
  spoil(items, places);
  expectNamed(await findingsOf(items), check, names);
});

test('an entry whose postings do not sum to zero is found', async () => {
  const { event, places } = smallEvent();
  const items = exported(event, places);
  const at = places.cashOut.seq;
  const item = one(
    items,
    'entries',
    of(items, 'entries').findIndex(entry => entry[1] === 1 && Number(entry[3]) + 5 > at),
  );
  const content = contentsOf(item)[(at - 1) % 5];
  if (!content) throw new Error('no content');
  // The last byte of a tap is the last of its last posting.
  content[content.length - 1] = (content[content.length - 1] ?? 0) ^ 1;
  expectNamed(await findingsOf(items), 'entries-balance', text(places.cashOut));
});

test.each([
  ['a cut in the middle', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
  ['something after it', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from([0x1c])])],
  [
    'another spelling of a number',
    (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('8263656e641801', 'hex')]),
  ],
])('an archive with %s is malformed', async (_, spoil) => {
  const { event, places } = smallEvent();
  const chunks: Uint8Array[] = [];
  for await (const chunk of chunksOf(exported(event, places))) chunks.push(chunk);
  async function* spoilt() {
    yield spoil(Buffer.concat(chunks));
  }
  await expect(audit(readItems(spoilt()))).rejects.toMatchObject({ code: 'archive-malformed' });
});

test('an archive that ends between two items is cut off, and says so', async () => {
  const { event, places } = smallEvent();
  const all: Uint8Array[] = [];
  for await (const chunk of chunksOf(exported(event, places), 1)) all.push(chunk);
  async function* cut() {
    // The last item is ["end", count]: 1 + 4 + 2 bytes.
    yield Buffer.concat(all.slice(0, -7));
  }
  const { findings } = await audit(readItems(cut()));
  expectNamed(findings, 'structure', 'cut off');
});

test('the report is a table that ends in a verdict, with the first offenders by name', async () => {
  const { event, places } = smallEvent();
  for (let i = 0; i < 20; i++) event.settle(2, places.firstSale, 'dropped', 'overwritten');
  const items = exported(event, places);
  const result = await audit(readItems(chunksOf(items)));
  const shown = report(result);
  expect(shown).toContain('Small event (event 7, EUR)');
  expect(shown).toMatch(/Each case has a cause, and each cause its case\s+\d+\s+20 FAILED/);
  expect(shown).toContain('and 12 more');
  expect(shown.trimEnd()).toMatch(/This event does NOT hold\.$/);
});

/** One pass over the archive: order of items, chains and signatures are checked as they go by, the rest is kept as evidence. */
import { createHash, type KeyObject } from 'node:crypto';
import { Fault } from '@pulsera/firmware-protocol/fault';
import { type Item, type ItemOf, refText } from './archive.ts';
import { type Lines, type Read, readEntry } from './entry.ts';
import { Evidence } from './evidence.ts';
import type { Findings } from './findings.ts';
import { writtenIn } from './quarantined.ts';
import { openSigned, publicKey } from './signature.ts';

const ORDER: readonly Item['type'][] = [
  'pulsera-export',
  'key',
  'journal',
  'entries',
  'quarantine',
  'balance',
  'case',
  'end',
];
const CLOUD = 0;

interface OpenJournal {
  readonly item: ItemOf<'journal'>;
  nextSeq: number;
  hash: Buffer;
  /** How far this epoch has said that its box obeys the cloud's journal. */
  obeyed: number;
}

export interface Collected {
  readonly evidence: Evidence;
  readonly event: ItemOf<'pulsera-export'> | undefined;
  readonly entries: number;
}

export async function collect(items: AsyncIterable<Item>, findings: Findings): Promise<Collected> {
  const collector = new Collector(findings);
  for await (const item of items) collector.take(item);
  return collector.finish();
}

class Collector {
  readonly #findings: Findings;
  readonly #evidence = new Evidence();
  readonly #keys = new Map<number, KeyObject>();
  /** The cloud's chain by seq: what boxes say they hold of it is compared with this. */
  readonly #cloudHashes: string[] = [];
  #event: ItemOf<'pulsera-export'> | undefined;
  #journal: OpenJournal | undefined;
  #last: Item | undefined;
  #items = 0;
  #entries = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  take(item: Item): void {
    this.#findings.expect(
      'structure',
      this.#follows(item),
      `item ${this.#items + 1}`,
      `${item.type} stands in the wrong place`,
    );
    if (item.type !== 'entries') this.#closeJournal();
    this.#takeItem(item);
    this.#last = item;
    this.#items++;
  }

  finish(): Collected {
    const end = this.#last?.type === 'end' ? this.#last : undefined;
    this.#findings.expect('structure', end !== undefined, 'the end', 'the archive is cut off');
    this.#findings.expect(
      'structure',
      this.#event !== undefined,
      'item 1',
      'nothing says what event this is',
    );
    this.#findings.expect('structure', this.#keys.has(CLOUD), 'keys', 'the key of the cloud is missing');
    if (end) {
      this.#findings.expect(
        'structure',
        end.count === this.#items - 1,
        'the end',
        `${end.count} items were exported, ${this.#items - 1} are here`,
      );
    }
    return { evidence: this.#evidence, event: this.#event, entries: this.#entries };
  }

  /** Items come in groups; journals and accounts in their own order within, so that nothing can be listed twice. */
  #follows(item: Item): boolean {
    const last = this.#last;
    if (!last) return item.type === 'pulsera-export';
    if (item.type === 'entries') {
      const journal = this.#journal?.item;
      return journal !== undefined && journal.box === item.box && journal.epoch === item.epoch;
    }
    if (item.type === 'journal' && this.#journal) {
      const { box, epoch } = this.#journal.item;
      const isNext = item.box > box || (item.box === box && item.epoch > epoch);
      return isNext && (last.type === 'journal' || last.type === 'entries');
    }
    if (item.type === 'pulsera-export' || last.type === 'end') return false;
    if (item.type === 'key' && last.type === 'key') return item.box > last.box;
    if (item.type === 'balance' && last.type === 'balance') return item.account > last.account;
    if (item.type === 'case' && last.type === 'case') return item.number > last.number;
    return ORDER.indexOf(item.type) >= ORDER.indexOf(last.type);
  }

  #takeItem(item: Item): void {
    switch (item.type) {
      case 'pulsera-export':
        this.#event ??= item;
        return;
      case 'key':
        this.#keys.set(item.box, publicKey(item.publicKey));
        if (item.box !== CLOUD) this.#evidence.boxes.set(item.box, { revokedAt: null, obeyed: null });
        return;
      case 'journal':
        this.#openJournal(item);
        return;
      case 'entries':
        this.#takeEntries(item);
        return;
      case 'quarantine':
        this.#takeQuarantined(item);
        return;
      case 'balance':
        this.#evidence.balances.set(item.account, item.amountMinor);
        return;
      case 'case':
        this.#evidence.cases.push(item);
        return;
      case 'end':
        return;
    }
  }

  #openJournal(item: ItemOf<'journal'>): void {
    const start = createHash('sha256').update('pulsera/journal');
    const place = Buffer.alloc(10);
    place.writeUInt32BE(this.#event?.event ?? 0, 0);
    place.writeUInt16BE(item.box, 4);
    place.writeUInt32BE(item.epoch, 6);
    this.#journal = { item, nextSeq: 1, hash: start.update(place).digest(), obeyed: 0 };
    this.#evidence.obey(item.box, 0);
    if (item.state === 'forked') this.#evidence.forkedJournals.push(`${item.box}/${item.epoch}`);
  }

  #closeJournal(): void {
    const journal = this.#journal;
    if (!journal || this.#last?.type === undefined || !['journal', 'entries'].includes(this.#last.type))
      return;
    const { item, hash, nextSeq } = journal;
    const { box, epoch, lastSeq } = item;
    const where = `journal ${box}/${epoch}`;
    const lastHash = Buffer.from(item.lastHash).toString('hex');
    this.#findings.expect(
      'chains',
      nextSeq - 1 === lastSeq,
      where,
      `it should end at ${lastSeq}, and ends at ${nextSeq - 1}`,
    );
    this.#findings.expect(
      'chains',
      hash.toString('hex') === lastHash,
      where,
      `the chain does not come to the hash at ${lastSeq}`,
    );
    const vouches = (
      purpose: 'pulsera/head' | 'pulsera/checkpoint',
      message: Uint8Array | null,
      by: number,
    ) => {
      const key = this.#keys.get(by);
      const signed = message && key ? openSigned(purpose, message, key) : undefined;
      const says =
        signed?.event === this.#event?.event &&
        signed?.box === box &&
        signed.epoch === epoch &&
        signed.seq === lastSeq &&
        signed.hash === lastHash;
      const what = signed ? 'says something else' : 'is missing, or its signature does not hold';
      this.#findings.expect('heads', says, `${where}, seq ${lastSeq}`, `its ${purpose.slice(8)} ${what}`);
    };
    vouches('pulsera/head', item.head, box);
    if (box !== CLOUD) vouches('pulsera/checkpoint', item.checkpoint, CLOUD);
  }

  #takeEntries(item: ItemOf<'entries'>): void {
    const journal = this.#journal;
    if (!journal) return;
    const { box, epoch, fromSeq } = item;
    if (fromSeq !== journal.nextSeq) {
      this.#findings.fail(
        'chains',
        refText(box, epoch, journal.nextSeq),
        `the next entry here is ${fromSeq}`,
      );
      journal.nextSeq = fromSeq;
    }
    for (const content of item.contents) {
      const seq = journal.nextSeq++;
      journal.hash = createHash('sha256').update(BEFORE).update(journal.hash).update(content).digest();
      if (box === CLOUD) this.#cloudHashes[seq] = journal.hash.toString('hex');
      this.#findings.looked('chains');
      this.#entries++;
      this.#takeEntry(box, refText(box, epoch, seq), seq, content);
    }
  }

  #takeEntry(box: number, ref: string, seq: number, content: Uint8Array): void {
    let read: Read;
    try {
      read = readEntry(content, seq, `entry ${ref}`);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#findings.fail('entries', ref, error.message);
      return;
    }
    const evidence = this.#evidence;
    const at = <T>(body: T) => ({ ref, seq, box, body });
    this.#balance(ref, read);
    switch (read.kind) {
      case 'tap': {
        const { tap, uid, before, after } = read;
        const told = { posted: false, dropped: false };
        const obeyed = this.#obey(read.cloudSeq);
        const kept = { ref, seq, tap, uid, before, after, content, obeyed, told, abandoned: false };
        evidence.taps.set(ref, kept);
        evidence.chip(uid).taps.push(kept);
        evidence.obey(box, read.cloudSeq);
        return;
      }
      case 'settlement':
        evidence.settlements.push(at(read));
        return;
      case 'drawer-paid':
        evidence.book(read.postings);
        evidence.drawersPaid.push(at(read));
        return;
      case 'shift-closed':
        evidence.book(read.postings);
        this.#shift(ref, read);
        return;
      case 'cloud-cursor':
        this.#findings.expect(
          'cursors',
          read.seq === 0 || this.#cloudHashes[read.seq] === read.hash,
          ref,
          `it holds another cloud journal at ${read.seq}`,
        );
        evidence.obey(box, read.seq);
        this.#obey(read.seq);
        return;
      case 'other':
        return;
    }
    if (box !== CLOUD) {
      this.#findings.fail('entries', ref, `a box can't write ${read.kind}`);
      return;
    }
    switch (read.kind) {
      case 'credited':
        evidence.book(read.postings);
        evidence.credits.push(at(read));
        return;
      case 'blocked':
        evidence.chip(read.uid).blocks.push(read.reason);
        evidence.block(read.wallet, read.generation, seq);
        return;
      case 'replaced': {
        const { wallet, fromUid: uid, fromGeneration: generation } = read;
        evidence.block(wallet, generation, seq);
        evidence.ended.push({ ref, seq, wallet, generation, uid });
        return;
      }
      case 'box-revoked': {
        const revoked = evidence.boxes.get(read.box);
        if (revoked) revoked.revokedAt ??= seq;
        return;
      }
      case 'reversal-withdrawn':
      case 'reversal-granted':
        evidence.rights.set(read.of, [...(evidence.rights.get(read.of) ?? []), at(read)]);
        return;
      case 'issued': {
        const chip = evidence.chip(read.uid);
        this.#findings.expect('entries', chip.issued === null, ref, `wristband ${read.uid} is issued twice`);
        chip.issued ??= { wallet: read.wallet, generation: read.generation };
        chip.roots.add(read.root);
        evidence.issuedWallets.add(read.wallet);
      }
    }
  }

  /** Nothing of it counts but where an image came from; one that can't be read explains nothing. */
  #takeQuarantined({ box, epoch, reason, batch }: ItemOf<'quarantine'>): void {
    this.#evidence.quarantined.push({ box, epoch, reason });
    for (const { uid, after } of writtenIn(batch)) this.#evidence.setAside.add(`${uid}/${after}`);
  }

  /** @returns how far it is by now */
  #obey(seq: number): number {
    const journal = this.#journal;
    if (!journal) return seq;
    journal.obeyed = Math.max(journal.obeyed, seq);
    return journal.obeyed;
  }

  #balance(ref: string, read: Read): void {
    const all = linesOf(read);
    for (const lines of all) {
      const sum = [...lines.values()].reduce((total, amountMinor) => total + BigInt(amountMinor), 0n);
      this.#findings.expect('entries-balance', sum === 0n, ref, `its postings sum to ${sum}`);
    }
  }

  /** What a drawer has too much or too little stands against `unattributed`, and nothing else moves. */
  #shift(ref: string, shift: Extract<Read, { kind: 'shift-closed' }>): void {
    const over = shift.countedMinor - shift.expectedMinor;
    const { postings, till } = shift;
    const fits =
      (postings.get(`cash:${till}`) ?? 0) === over &&
      [...postings.keys()].every(account => account === `cash:${till}` || account === 'unattributed');
    this.#findings.expect('entries', fits, ref, `a drawer that is ${over} over is booked otherwise`);
  }
}

function linesOf(read: Read): Lines[] {
  if (read.kind === 'tap') return [read.held, read.posted];
  if (read.kind === 'reversal-granted') return [read.undone];
  return 'postings' in read ? [read.postings] : [];
}

/** An entry's canonical bytes: array of two, byte string of 32, the hash before; then the content. */
const BEFORE = Buffer.from('825820', 'hex');

/** Whom a finding hurt, and what of the evening is told for it. */
import type { Read } from '../../audit/entry.ts';
import type { Finding } from '../auditor/finding.ts';
import type { Guest, Notebook } from '../auditor/notebook.ts';
import type { Visit } from '../auditor/visit.ts';

/** Of the guest's taps before and behind those that the finding is about. */
const NEIGHBOURS = 1;
/** Of a finding that is about no tap, the guest's latest. */
const LATEST = 3;

export class Scope {
  /** Undefined: nobody in particular, and everybody is told of. */
  readonly guest: Guest | undefined;
  /** The guest's own, or everybody's. */
  readonly visits: readonly Visit[];
  /** Taps that are told step by step; all others in a line each. */
  readonly inFull: ReadonlySet<string>;

  constructor(guest: Guest | undefined, visits: readonly Visit[], focus: readonly Visit[]) {
    this.guest = guest;
    this.visits = visits;
    const told = visits.filter(
      (visit, i) =>
        (guest !== undefined && isOpenEnded(visit)) ||
        visits.slice(Math.max(0, i - NEIGHBOURS), i + NEIGHBOURS + 1).some(each => focus.includes(each)),
    );
    this.inFull = new Set(told.map(({ tapId }) => tapId));
  }

  isGuest(name: string): boolean {
    return this.guest === undefined || this.guest.name === name;
  }

  isOwn(uid: string): boolean {
    return this.guest === undefined || this.guest.uids.includes(uid);
  }

  /** One of the taps was there. */
  hasMet(at: { readonly box?: number | null; readonly till?: string | null }): boolean {
    return (
      this.guest === undefined || this.visits.some(({ box, till }) => box === at.box || till === at.till)
    );
  }

  /** An entry of a tap that is told step by step, or of no tap and of this guest; where it is about nobody, one that can't be read. */
  concerns(read: Read | undefined): boolean {
    const { guest } = this;
    if (guest === undefined || read === undefined) return guest === undefined && read === undefined;
    if ('tap' in read) return this.inFull.has(read.tap);
    return 'wallet' in read && read.wallet === guest.wallet;
  }
}

/** Nobody knew what came of it: that is where trouble begins. */
const isOpenEnded = ({ standing }: Visit) => !['green', 'declined', 'untouched'].includes(standing);

/** @param notebook of the whole evening */
export function scopeOf({ guest: name, uid, tapId, refs = [], atMs }: Finding, notebook: Notebook): Scope {
  const { disk, lost, cloud, visits, guests } = notebook;
  const entries = refs.flatMap(
    ref => (disk.entries.get(ref) ?? lost.entries.get(ref) ?? cloud.entries.get(ref))?.read ?? [],
  );
  const tapIds = [tapId ?? '', ...entries.map(read => ('tap' in read ? read.tap : ''))];
  const named = tapIds.flatMap(id => visits.get(id) ?? []);
  const uids = [
    uid,
    ...entries.map(read => ('uid' in read ? read.uid : undefined)),
    ...named.flatMap(({ touches }) => touches.map(touch => touch.uid)),
  ];
  const guest = guests.get(name ?? '') ?? uids.map(each => notebook.guestOf(each)).find(Boolean);
  const all = [...visits.values()];
  if (guest === undefined) return new Scope(undefined, all, named);
  const own = all.filter(
    visit => named.includes(visit) || visit.touches.some(touch => guest.uids.includes(touch.uid)),
  );
  const latest = own.filter(({ askedMs }) => askedMs <= atMs).slice(-LATEST);
  return new Scope(guest, own, named.length > 0 ? named : latest);
}

/** Every copy and every rollback that was used must be on file when all journals are in. */
import type { Check, Found } from '../finding.ts';
import { graphsOf } from '../graphs.ts';
import { partingsOf } from '../lives.ts';
import type { Notebook } from '../notebook.ts';

export const forksFound: Check = {
  name: 'forks-found',
  sentence: 'Every wristband that was used from two states at once has a case of its fork',
  atEnd: notebook => [...usedTwice(notebook), ...inTheGraph(notebook)],
};

/** By what the people at the tills saw: two lives of one wristband were both charged. */
function* usedTwice(notebook: Notebook): Generator<Found> {
  for (const uid of new Set(notebook.attacks.map(attack => attack.uid))) {
    if (hasCase(notebook, uid)) continue;
    const parting = partingsOf(notebook, uid).find(
      ({ own, other }) => own.visits.length > 0 && other.visits.length > 0,
    );
    if (!parting) continue;
    const used = [parting.own, parting.other];
    const where = used.map(({ thing, visits }) => `${thing} (${visits.map(({ till }) => till).join(', ')})`);
    const refs = used.flatMap(({ visits }) =>
      visits.flatMap(({ tapId }) => notebook.cloud.tapsOf(tapId).map(({ ref }) => ref)),
    );
    yield { what: `it was used as ${where.join(' and as ')}, and there is no case`, uid, refs };
  }
}

/** By the journals: each image that two posted taps left from has a case that names them. */
function* inTheGraph(notebook: Notebook): Generator<Found> {
  for (const [uid, { forks }] of graphsOf(notebook.cloud).chips) {
    for (const { taps } of forks) {
      const refs = taps.map(({ ref }) => ref);
      const isNamed = notebook.rows.cases.some(
        found => found.kind === 'fork' && found.uid === uid && refs.every(ref => found.refs.includes(ref)),
      );
      if (!isNamed) yield { what: 'no case names the taps that left from one image', uid, refs };
    }
  }
}

const hasCase = ({ rows }: Notebook, uid: string) =>
  rows.cases.some(found => found.uid === uid && (found.kind === 'fork' || found.kind === 'forgery'));

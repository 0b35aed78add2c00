/** Exactly once: when all is synced, the cloud holds every journal as its box has it, each entry at its place, and nothing else. */
import type { Check, Found } from '../finding.ts';
import { isInCloud } from '../honest.ts';
import type { Notebook } from '../notebook.ts';

export const cloudOnce: Check = {
  name: 'cloud-once',
  sentence: 'The cloud holds every entry of every box exactly once, as it stands on the disk',
  after: (seen, notebook) => (seen.kind === 'cloud' ? [...strangers(notebook)] : []),
  atEnd: notebook => [...missing(notebook), ...unacknowledged(notebook), ...twice(notebook)],
};

const isExcused = ({ rows, crookedBoxes }: Notebook, box: number, epoch: number) =>
  crookedBoxes.has(box) || rows.quarantined.some(of => of.box === box && of.epoch === epoch);

/** At any time: what the cloud holds, a box had on disk before. */
function* strangers(notebook: Notebook): Generator<Found> {
  const { disk, lost, cloud } = notebook;
  for (const { ref, box, content } of cloud.entries.values()) {
    if (box === 0 || notebook.crookedBoxes.has(box)) continue;
    const own = [disk.entries.get(ref), lost.entries.get(ref)];
    const isSame = own.some(entry => entry && Buffer.compare(entry.content, content) === 0);
    if (!isSame) yield { what: `the cloud has another entry at ${ref} than its box ever had`, refs: [ref] };
  }
}

function* missing(notebook: Notebook): Generator<Found> {
  for (const entry of notebook.disk.entries.values()) {
    const { ref, box, epoch, read } = entry;
    if (isInCloud(notebook, entry) || isExcused(notebook, box, epoch)) continue;
    const uid = read?.kind === 'tap' ? read.uid : undefined;
    yield { what: `the cloud has not got ${read?.kind} ${ref}`, uid, refs: [ref] };
  }
}

function* unacknowledged(notebook: Notebook): Generator<Found> {
  for (const { box, epoch, contents, checkpointSeq } of notebook.rows.journals) {
    if (box === 0 || checkpointSeq === contents.length || isExcused(notebook, box, epoch)) continue;
    yield {
      what: `journal ${box}/${epoch} has ${contents.length} entries, acknowledged to ${checkpointSeq}`,
    };
  }
}

/** The same tap, journaled once by its box, stands at two places of the cloud. */
function* twice({ cloud, disk, lost }: Notebook): Generator<Found> {
  const seen = new Set<string>();
  for (const { read } of cloud.taps()) {
    if (seen.has(read.tap)) continue;
    seen.add(read.tap);
    const refs = cloud.tapsOf(read.tap).map(({ ref }) => ref);
    const own = disk.tapsOf(read.tap).length + lost.tapsOf(read.tap).length;
    if (own > 0 && refs.length > own) {
      yield {
        what: `${refs.length} entries, and its box wrote ${own}`,
        tapId: read.tap,
        uid: read.uid,
        refs,
      };
    }
  }
}

/** The images that a quarantined batch says were written: they explain where a wristband came from, and book nothing. */
import { decode } from 'cborg';
import { readEntry, type Tap } from './entry.ts';
import { Fields } from './fields.ts';

/** A batch is [version, event, box, epoch, fromSeq, hash before, contents, head]. Empty for one that can't be read. */
export function writtenIn(batch: Uint8Array): readonly Pick<Tap, 'uid' | 'after'>[] {
  try {
    const fields = new Fields(decode(batch, { strict: true, allowIndefinite: false }), 'a quarantined batch');
    fields.drop(4);
    const fromSeq = fields.int(1);
    fields.bytes(32);
    return fields.byteStrings().flatMap((content, i) => {
      const read = readEntry(content, fromSeq + i, 'a quarantined entry');
      return read.kind === 'tap' ? [{ uid: read.uid, after: read.after }] : [];
    });
  } catch {
    // Whatever is wrong with it: it is kept as it was sent.
    return [];
  }
}

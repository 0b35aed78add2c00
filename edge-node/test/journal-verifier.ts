/** A process that verifies a journal and stops on its way until it is told to go on. Argument: folder. */
import { readSync, writeSync } from 'node:fs';
import { verifyJournal } from '../src/journal/journal.ts';
import { boxKey, sampleOptions, sha256 } from './journal-sample.ts';

const [dir = ''] = process.argv.slice(2);
const STOP_AT_HASH = 10;
let hashes = 0;

const { epochs } = verifyJournal({
  place: sampleOptions(dir).place,
  verify: boxKey.verify,
  sha256: bytes => {
    if (++hashes === STOP_AT_HASH) {
      writeSync(1, 'stopped\n');
      readSync(0, new Uint8Array(1));
    }
    return sha256(bytes);
  },
});
writeSync(1, `${epochs[0]?.entries}\n`);

/** Does the journal open, and is its end what this box has signed? Only read here, so the running box isn't disturbed. */
import { existsSync } from 'node:fs';
import { faultCode } from '@pulsera/firmware-protocol/fault';
import type { Check } from '@pulsera/firmware-protocol/wire/box-command';
import { boxFiles } from '../../box-files.ts';
import { sha256 } from '../../credentials.ts';
import { lockJournal, openReader } from '../../journal/database.ts';
import { Epochs } from '../../journal/epochs.ts';
import { ledgerOf } from '../../journal/ledger.ts';
import { assertVersion } from '../../journal/schema.ts';
import { storageFault } from '../../journal/storage-fault.ts';
import { verifyTail } from '../../journal/tail.ts';
import { counted } from '../counted.ts';
import { type Box, failedBy, pass } from './look.ts';

const NAME = 'journal';
const TAIL_ENTRIES = 1000;

/** Whether a box, or another command, has the journal open for writing. */
export function isHeld(dataDir: string): boolean {
  const { journal } = boxFiles(dataDir);
  if (!existsSync(journal)) return false;
  try {
    lockJournal(journal).close();
    return false;
  } catch (error) {
    if (faultCode(error) === 'journal-in-use') return true;
    throw error;
  }
}

export function checkJournal({ config, command, credentials }: Box, isRunning: boolean): Check {
  const { journal: file } = boxFiles(config.dataDir);
  const holder = isRunning ? ' (the running box holds it; looked at beside it)' : '';
  if (!existsSync(file)) return pass(NAME, 'none yet: the first start makes it');
  try {
    const db = openReader(file);
    try {
      assertVersion(db);
      const { identity, enrolment } = credentials;
      const epochs = new Epochs(db);
      const tail = db.transaction(() =>
        verifyTail({
          db,
          ledger: ledgerOf(db),
          epochs,
          event: enrolment.eventId,
          box: enrolment.boxId,
          sha256,
          verify: identity.verify,
          entries: TAIL_ENTRIES,
        }),
      )();
      if (tail === undefined) return pass(NAME, `empty${holder}`);
      const { epoch, seq } = epochs.placeOf(tail.at);
      return pass(
        NAME,
        `epoch ${epoch}, ${counted(seq, 'entry', 'entries')}, its end verified${holder}; all of it: ${command('verify')}`,
      );
    } finally {
      db.close();
    }
  } catch (error) {
    return failedBy(NAME, storageFault(error));
  }
}

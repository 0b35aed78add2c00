/** What can be done to a journal by hand: prove it, and make its projections anew. */
import { openBoxJournal } from '../box.ts';
import { boxFiles } from '../box-files.ts';
import { type Credentials, openCredentials, sha256 } from '../credentials.ts';
import { filePlace } from '../journal/file-place.ts';
import { verifyJournal } from '../journal/journal.ts';
import type { VerifiedJournal } from '../journal/verify.ts';
import { counted } from './counted.ts';
import type { Command, Invocation } from './io.ts';
import { readSettings, type Settings } from './settings.ts';

export const verify: Command = {
  summary: 'check the whole journal: every hash, every signature, every number',
  help: 'The box may go on selling meanwhile. What does not hold is named by its entry.',
  operands: [],
  options: {},
  async run({ options, io, tell }) {
    const { settings, credentials } = opened({ options, io });
    const verified = verifyJournal({
      place: filePlace(boxFiles(settings.config.dataDir).journal),
      sha256,
      verify: credentials.identity.verify,
      verifyCloud: credentials.cloudVerify,
    });
    for (const step of verdict(verified)) tell({ kind: 'step', step });
    return true;
  },
};

/** Pure. */
export function verdict({ event, box, epochs, cloudEntries }: VerifiedJournal): string[] {
  const parts = epochs.map(
    ({ epoch, entries, heads }) =>
      `epoch ${epoch}: ${counted(entries, 'entry', 'entries')} under ${counted(heads, 'head')}`,
  );
  return [
    `The journal of box ${box} of event ${event} holds (${parts.join('; ')})`,
    `${counted(cloudEntries, 'entry', 'entries')} of the cloud's journal ${cloudEntries === 1 ? 'holds' : 'hold'}`,
  ];
}

export const rebuild: Command = {
  summary: 'drop the projections and make them anew from the journal',
  help: 'The box must not run meanwhile. Entries are only read.',
  operands: [],
  options: {},
  async run({ options, io, tell }) {
    const { settings, credentials } = opened({ options, io });
    const journal = openBoxJournal(settings.config, credentials, io);
    try {
      journal.rebuild();
      tell({
        kind: 'step',
        step: `Made anew from ${counted(journal.lastSeq, 'entry', 'entries')} of epoch ${journal.epoch}`,
      });
    } finally {
      await journal.close();
    }
    return true;
  },
};

function opened({ options, io }: Pick<Invocation, 'options' | 'io'>): {
  readonly settings: Settings;
  readonly credentials: Credentials;
} {
  const settings = readSettings(options, io);
  const { vault } = boxFiles(settings.config.dataDir);
  return { settings, credentials: openCredentials(vault, settings.passphrase(), io.random) };
}

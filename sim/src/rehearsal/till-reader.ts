/**
 * A reader behind a till: its till runs the box's scripts, and what it sees and answers goes over the till's line like everything else
 * the till says. It has its till's power, not the box's.
 */
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import { ReaderScript } from '@pulsera/firmware-protocol/wire/reader-link';
import { serveReader } from '@pulsera/firmware-protocol/wire/reader-server';
import type { VirtualTime } from './time.ts';

/** Until a till that has crashed runs again. */
const STARTS_MS = 2_000;

/** The reader of a till, with what it has to hear of its till. */
export interface TillReader {
  readonly reader: VirtualReader;
  /** A `reader/script` has arrived. */
  script(json: string): void;
  /** The till has its box again, or another one. */
  connected(): void;
  /** The till's program has ended, and begins anew in a moment. */
  crashed(): void;
}

/** Wired to the box: nothing of the till's is anything to it. */
export const wiredReader = (reader: VirtualReader): TillReader => ({
  reader,
  script: () => {},
  connected: () => {},
  crashed: () => {},
});

/** Behind the till. @param send to the box, false when the line is known to be cut */
export function tillReader(
  name: string,
  time: VirtualTime,
  send: (leaf: string, payload: Uint8Array) => boolean,
): TillReader {
  const reader = new VirtualReader({ name, clock: time, via: 'terminal' });
  const say = (leaf: string) => (message: object) =>
    void send(leaf, new TextEncoder().encode(JSON.stringify(message)));
  const server = serveReader(reader, { answer: say('reader/answer'), field: say('reader/field') });
  return {
    reader,
    script: json => time.beside(server.run(ReaderScript.parse(JSON.parse(json)))),
    connected: () => server.announce(),
    crashed() {
      reader.unplug('till crashed');
      time.after(STARTS_MS, () => {
        time.beside(reader.plug());
        server.announce();
      });
    },
  };
}

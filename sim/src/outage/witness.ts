/**
 * What is there to be seen, told as it happens in the words of the rehearsal's auditor, who hears it at once. Every observation is also
 * written down, for whoever has to find out what went wrong.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { Auditor } from '../rehearsal/auditor/auditor.ts';
import { describe } from '../rehearsal/auditor/report.ts';
import type { Seen } from '../rehearsal/auditor/seen.ts';
import type { Observation } from '../rehearsal/witness.ts';

export class Witness {
  readonly #auditor = new Auditor();
  readonly #startedMs = performance.now();
  readonly #file: number;
  readonly #onFinding: (text: string) => void;

  /** @param file where each observation becomes a line of JSON. @param onFinding told what can't be right as soon as it is seen */
  constructor(file: string, onFinding: (text: string) => void) {
    this.#file = openSync(file, 'w');
    this.#onFinding = onFinding;
  }

  tell(observation: Observation): void {
    const seen = { atMs: Math.round(performance.now() - this.#startedMs), ...observation } as Seen;
    writeSync(this.#file, `${JSON.stringify(asWritten(seen))}\n`);
    this.#report(this.#auditor.see(seen));
  }

  /** All is mended and synced, and the last observations say how it stands. */
  end(): void {
    this.#report(this.#auditor.end());
  }

  close(): void {
    closeSync(this.#file);
  }

  #report(findings: ReturnType<Auditor['see']>): void {
    for (const finding of findings) this.#onFinding(describe(finding, this.#auditor.notebook));
  }
}

/** Bytes as hex; the cloud's rows lie in the archive. */
function asWritten(seen: Seen): object {
  if (seen.kind === 'cloud') return { atMs: seen.atMs, kind: seen.kind };
  if (seen.kind !== 'stored') return seen;
  return { ...seen, contents: seen.contents.map(content => Buffer.from(content).toString('hex')) };
}

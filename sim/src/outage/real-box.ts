/** A box as it stands on a site: a process of its own, its journal on a disk, its cloud at the other end of a cable. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { boxFiles } from '@pulsera/edge-node/box-files';
import { enrolBox } from '@pulsera/edge-node/cli/enrol';
import { readConfig } from '@pulsera/edge-node/config';
import type { BoxHealth } from '@pulsera/edge-node/health';
import { world } from '../demo/world.ts';
import { startEdge, type Up } from '../real/edge-process.ts';
import { JournalFile, type JournalRow } from '../real/journal-file.ts';
import type { Cables } from './cables.ts';
import type { Death } from './outages.ts';
import { Service } from './service.ts';
import type { Witness } from './witness.ts';

export interface BoxOptions {
  readonly number: 1 | 2;
  readonly folder: string;
  readonly cables: Cables;
  /** PEM, of the authority behind the cloud's certificate. */
  readonly caFile: string;
  readonly code: string;
  readonly witness: Witness;
  readonly onMisconduct: (what: string) => void;
}

/** Boxes here never leave their first one: no disk is put back. */
const EPOCH = 1;
const HEALTH_MS = 2_000;

export class RealBox {
  readonly number: 1 | 2;
  readonly dataDir: string;
  /** Path of its settings. */
  readonly config: string;
  readonly #journal: JournalFile;
  readonly #service: Service<Up>;
  readonly #witness: Witness;

  private constructor({ number, folder, cables, witness, onMisconduct }: BoxOptions) {
    this.number = number;
    this.dataDir = join(folder, `box-${number}`);
    this.config = join(folder, `box-${number}.json`);
    this.#journal = new JournalFile(boxFiles(this.dataDir).journal);
    this.#witness = witness;
    this.#service = new Service({
      name: `box ${number}`,
      start: () => startEdge(this.config, {}, join(folder, `box-${number}.log`)),
      onUp: async ({ mqttPort }) => {
        if (this.#journal.isLost()) onMisconduct(`box ${number} came up with another journal than it had`);
        this.#tell(this.#journal.readOn());
        const lastSeq = this.#journal.lastAt;
        witness.tell({ kind: 'started', box: number, epoch: EPOCH, lastSeq });
        await cables.lead(`tills-${number}`, mqttPort);
      },
      onMisconduct,
    });
  }

  /** Enrolled, and not started yet. */
  static async enrol(options: BoxOptions): Promise<RealBox> {
    const { number, cables, caFile, code } = options;
    const box = new RealBox(options);
    const settings = {
      dataDir: box.dataDir,
      cloud: { url: `https://127.0.0.1:${cables.portOf(`box-${number}`)}`, caFile },
      mqtt: { host: '127.0.0.1', port: 0 },
      healthPort: 0,
    };
    writeFileSync(box.config, JSON.stringify(settings));
    await enrolBox(readConfig(JSON.stringify(settings), {}), null, { code, name: `box ${number}` }, world);
    return box;
  }

  /** Resolves when it is up. */
  async start(): Promise<void> {
    // Nobody else has the file open while it looks at what is left of it.
    this.#journal.close();
    await this.#service.start();
  }

  async end(death: Death): Promise<void> {
    this.#journal.close();
    await this.#service.end(death);
    this.#tell(this.#journal.readOnLeft());
  }

  /** What its disk holds by now is told. One that isn't up writes nothing that anybody could have seen. @throws Error of SQLite */
  readJournal(): void {
    if (this.#service.up !== undefined) this.#tell(this.#journal.readOn());
  }

  /** Undefined while it can't say. */
  async health(): Promise<BoxHealth | undefined> {
    const port = this.#service.up?.healthPort;
    if (port === undefined) return undefined;
    try {
      const signal = AbortSignal.timeout(HEALTH_MS);
      return (await (await fetch(`http://127.0.0.1:${port}/health`, { signal })).json()) as BoxHealth;
    } catch {
      return undefined;
    }
  }

  #tell(rows: readonly JournalRow[]): void {
    const [first] = rows;
    if (first === undefined) return;
    const contents = rows.map(({ content }) => content);
    this.#witness.tell({ kind: 'stored', box: this.number, epoch: EPOCH, fromSeq: first.at, contents });
  }
}

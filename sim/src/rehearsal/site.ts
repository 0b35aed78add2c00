/** All of a festival, put together from one seed and standing still: boxes, tills, lines, guests and a cloud in one virtual time. */
import { createHash } from 'node:crypto';
import type { BoxId, TillId } from '@pulsera/firmware-protocol/ids';
import type { Sha256 } from '@pulsera/firmware-protocol/journal/chain';
import type { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import { SimBox } from './box.ts';
import { Chance } from './chance.ts';
import { SimCloud } from './cloud.ts';
import { type Festival, festival } from './festival.ts';
import type { Guest } from './guest.ts';
import type { Setting } from './setting.ts';
import { StaffedTill } from './staffed-till.ts';
import { Tally } from './tally.ts';
import { SimTill } from './till.ts';
import { tillReader, wiredReader } from './till-reader.ts';
import { TillWire } from './till-wire.ts';
import { VirtualTime } from './time.ts';
import { Trace } from './trace.ts';
import { Witness } from './witness.ts';

/** A till with all that stands around it. */
export interface Post {
  readonly till: SimTill;
  readonly box: SimBox;
  readonly reader: VirtualReader;
  readonly wire: TillWire;
  /** What really lies in it. */
  readonly drawer: { minor: number };
}

/** Until a till finds a box that is up again. */
const RECONNECTS_MS = 1_000;

export const sha256: Sha256 = bytes => createHash('sha256').update(bytes).digest();

export class Site {
  readonly chance: Chance;
  readonly time = new VirtualTime();
  readonly trace = new Trace(() => this.time.nowMs());
  readonly witness = new Witness(this.trace, () => this.time.nowMs());
  readonly festival: Festival;
  readonly cloud: SimCloud;
  readonly boxes: readonly SimBox[];
  readonly posts: readonly Post[];
  /** The same, with those who queue up there and who serves them. */
  readonly tills: readonly StaffedTill[];
  readonly tally = new Tally();
  /** Who has arrived. */
  readonly guests: Guest[] = [];

  constructor(seed: number, setting: Setting) {
    this.chance = new Chance(seed);
    const numbers = Array.from({ length: setting.boxes }, (_, i) => (i + 1) as BoxId);
    const tillsOf = (box: BoxId) =>
      Array.from({ length: setting.tillsPerBox }, (_, i) => `bar-${box}-${i + 1}` as TillId);
    const wiredOf = (box: BoxId) => tillsOf(box).slice(0, setting.tillsPerBox - setting.ownReaders);
    this.festival = festival(this.chance, numbers.flatMap(tillsOf));
    this.cloud = new SimCloud({ festival: this.festival, time: this.time, random: this.chance.of('cloud') });
    const wires = new Map<TillId, TillWire>();
    this.boxes = numbers.map(number => this.#box(number, wiredOf(number), wires));
    this.posts = this.boxes.flatMap(box =>
      tillsOf(box.number).map(id => {
        const post = this.#post(box, id);
        wires.set(id, post.wire);
        return post;
      }),
    );
    this.tills = this.posts.map(post => new StaffedTill(this, post));
  }

  /** Boxes are switched on. */
  open(): void {
    for (const box of this.boxes) box.start();
  }

  /** Every line and box is made to work again. */
  mend(): void {
    this.cloud.mend();
    for (const { wire, reader } of this.posts) {
      reader.disarm();
      wire.mend();
    }
    for (const box of this.boxes) {
      box.wire.mend();
      box.mend();
    }
    for (const { reader } of this.posts) this.time.beside(reader.plug());
  }

  /** Lets go of all memory; nothing may go on. */
  async close(): Promise<void> {
    for (const box of this.boxes) await box.close();
  }

  #box(number: BoxId, wired: readonly TillId[], wires: ReadonlyMap<TillId, TillWire>): SimBox {
    const { festival, cloud, time, chance, trace, witness } = this;
    const box = new SimBox({
      number,
      wired,
      festival,
      cloud,
      time,
      chance,
      trace,
      witness,
      sha256,
      send: (till, leaf, json) => wires.get(till)?.tell(leaf, json),
      stopped: () => {
        for (const { box, wire } of this.posts) if (box.number === number) wire.boxStopped();
      },
      started: () => time.after(RECONNECTS_MS, () => this.#boxStarted(number)),
    });
    cloud.enrol(number, box.key);
    return box;
  }

  #boxStarted(number: BoxId): void {
    for (const { box, wire } of this.posts) if (box.number === number && box.isUp) wire.boxStarted();
  }

  #post(box: SimBox, id: TillId): Post {
    const { time, trace, chance, witness } = this;
    const send = (leaf: string, payload: Uint8Array) => wire.publish(leaf, payload);
    const wired = box.readers.get(id);
    const reader = wired === undefined ? tillReader(id, time, send) : wiredReader(wired);
    const till: SimTill = new SimTill({
      id,
      time,
      trace,
      send,
      crashed: () => {
        wire.reset();
        reader.crashed();
      },
      shown: message => witness.tell({ kind: 'showed', till: id, message }),
    });
    const wire: TillWire = new TillWire({
      till: id,
      time,
      trace,
      random: chance.of(`${id} wire`),
      toBox: (leaf, payload) => box.receive(id, leaf, payload),
      toTill: (leaf, json) => (leaf === 'reader/script' ? reader.script(json) : till.receive(leaf, json)),
      gone: () => box.terminalGone(id),
      back: () => {
        reader.connected();
        till.connected();
      },
    });
    return { till, box, reader: reader.reader, wire, drawer: { minor: 0 } };
  }
}

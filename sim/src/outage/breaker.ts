/** Breaks what was drawn when it is due, and mends it again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Breakage, nameOf, type Outage, targetOf } from './outages.ts';
import type { Site } from './site.ts';

export class Breaker {
  readonly #site: Pick<Site, 'cables' | 'parts'>;
  /** Of each target, what is under way or waits for its turn. */
  readonly #busy = new Map<string, Promise<void>>();
  readonly #broken = new Set<Outage>();

  constructor(site: Pick<Site, 'cables' | 'parts'>) {
    this.#site = site;
  }

  /** What is broken just now, by name. */
  get broken(): readonly string[] {
    return [...this.#broken].map(({ what }) => nameOf(what));
  }

  /** Resolves when all of them are over and mended. @param onOutage told of each when it begins */
  async play(outages: readonly Outage[], onOutage: (outage: Outage) => void): Promise<void> {
    const startedMs = performance.now();
    for (const outage of outages) {
      await sleep(Math.max(0, outage.atMs - (performance.now() - startedMs)));
      const target = targetOf(outage.what);
      const before = this.#busy.get(target) ?? Promise.resolve();
      // A part that takes its time to start isn't ended again before it is there.
      this.#busy.set(
        target,
        before.then(() => this.#one(outage, onOutage)),
      );
    }
    await Promise.all(this.#busy.values());
  }

  async #one(outage: Outage, onOutage: (outage: Outage) => void): Promise<void> {
    onOutage(outage);
    this.#broken.add(outage);
    await this.#break(outage.what);
    await sleep(outage.forMs);
    await this.#mend(outage.what);
    this.#broken.delete(outage);
  }

  async #break(what: Breakage): Promise<void> {
    const { cables, parts } = this.#site;
    if ('cable' in what) await cables.break(what.cable, what.fault);
    else await parts[what.part].end(what.death);
  }

  async #mend(what: Breakage): Promise<void> {
    const { cables, parts } = this.#site;
    if ('cable' in what) await cables.mend(what.cable);
    else await parts[what.part].start();
  }
}

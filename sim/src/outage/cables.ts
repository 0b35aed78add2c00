/** The cables as the runner sees them: each with its port, which stays, with what it leads to, and with what is wrong with it. */
import { Child } from '../bench/child.ts';
import type { CableOrder, CablesProcess } from './cables-process.ts';
import { CABLES, type Cable, type CableFault, type Death } from './outages.ts';

/** Nobody listens there. */
const NOWHERE = 1;

export class Cables {
  #child: Child<CablesProcess> | undefined;
  #orders = new Map<Cable, CableOrder>(
    CABLES.map(cable => [cable, { cable, port: undefined, targetPort: NOWHERE, fault: undefined }]),
  );
  /** The process is asked one thing at a time. */
  #queue: Promise<unknown> = Promise.resolve();

  /** Each is as it was before, at the same port. */
  start(): Promise<void> {
    return this.#then(async () => {
      const child = new Child<CablesProcess>('../outage/cables-process.ts');
      this.#child = child;
      const ports = await child.ask('open', [...this.#orders.values()]);
      for (const [cable, order] of this.#orders) this.#orders.set(cable, { ...order, port: ports[cable] });
    });
  }

  portOf(cable: Cable): number {
    const { port } = this.#order(cable);
    if (port === undefined) throw new RangeError(`cable ${cable} was never laid`);
    return port;
  }

  lead(cable: Cable, targetPort: number): Promise<void> {
    return this.#set(cable, { targetPort });
  }

  async break(cable: Cable, fault: CableFault): Promise<void> {
    await this.#set(cable, { fault });
    // Over as soon as it has happened: what is connected from now on is remembered.
    if (fault === 'forgotten') await this.mend(cable);
  }

  mend(cable: Cable): Promise<void> {
    return this.#set(cable, { fault: undefined });
  }

  end(death: Death): Promise<void> {
    return this.#then(async () => {
      const child = this.#child;
      this.#child = undefined;
      await child?.kill(death === 'kill' ? 'SIGKILL' : 'SIGTERM');
    });
  }

  #set(cable: Cable, change: Partial<CableOrder>): Promise<void> {
    return this.#then(async () => {
      const order = { ...this.#order(cable), ...change };
      this.#orders.set(cable, order);
      await this.#child?.ask('obey', order);
    });
  }

  #order(cable: Cable): CableOrder {
    const order = this.#orders.get(cable);
    if (order === undefined) throw new RangeError(`there is no cable ${cable}`);
    return order;
  }

  #then(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }
}

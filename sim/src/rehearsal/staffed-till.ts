/** A till with somebody behind it: guests queue up before it, and operators open and close their shifts with the drawer counted. */
import type { RequestResult } from '@pulsera/firmware-protocol/wire/till';
import { Queue } from './queue.ts';
import type { Post, Site } from './site.ts';
import { insist } from './till.ts';
import type { Shift } from './workload/operator.ts';

/** As requests name who acts. */
interface Actor {
  readonly operator: string | null;
  readonly shift: string | null;
}

const NOBODY: Actor = { operator: null, shift: null };

export class StaffedTill {
  readonly post: Post;
  readonly queue: Queue;
  readonly #site: Site;
  #actor: Actor = NOBODY;
  /** Every shift that was opened here, the latest last. */
  readonly #shifts: string[] = [];

  constructor(site: Site, post: Post) {
    this.#site = site;
    this.post = post;
    this.queue = new Queue(site.time);
  }

  /** Nobody where no shift could be opened. */
  get actor(): Actor {
    return this.#actor;
  }

  /**
   * Whatever the last operator left open is closed first. What lies in the drawer by then, from sales in nobody's shift, is counted in.
   * @param floatMinor is brought along
   */
  async open({ operator, floatMinor }: Pick<Shift, 'operator' | 'floatMinor'>): Promise<void> {
    const { chance, trace } = this.#site;
    const { till, drawer } = this.post;
    const shift = chance.uuid(`${till.id} shifts`);
    drawer.minor += floatMinor;
    const ask = () =>
      this.#request({ action: 'open', shift, operator, floatMinor: drawer.minor }, OPEN_ALREADY);
    let opened = await ask();
    for (const forgotten of this.#shifts.toReversed()) {
      if (opened.outcome !== 'fault' || opened.code !== OPEN_ALREADY) break;
      trace.note(till.id, 'found open', { shift: forgotten });
      drawer.minor -= floatMinor;
      await this.#close(forgotten, operator, 0);
      drawer.minor += floatMinor;
      opened = await ask();
    }
    if (opened.outcome !== 'done') {
      // The float goes back to where it came from.
      drawer.minor -= floatMinor;
      this.#actor = NOBODY;
      return;
    }
    this.#shifts.push(shift);
    this.#actor = { operator, shift };
  }

  /** @param miscountMinor what the operator counts too much */
  async close(miscountMinor: number): Promise<void> {
    const { operator, shift } = this.#actor;
    if (operator === null || shift === null) return;
    await this.#close(shift, operator, miscountMinor);
    this.#actor = NOBODY;
  }

  /** The box has forgotten the shift, as one does whose disk was put back: another one begins with what lies in the drawer. */
  async reopen(): Promise<void> {
    const { operator } = this.#actor;
    this.#actor = NOBODY;
    if (operator !== null) await this.open({ operator, floatMinor: 0 });
  }

  async #close(shift: string, operator: string, miscountMinor: number): Promise<void> {
    const { till, drawer } = this.post;
    const countedMinor = Math.max(0, drawer.minor + miscountMinor);
    const closed = await this.#request({ action: 'close', shift, operator, countedMinor }, NOT_OPEN);
    if (closed.outcome !== 'done') return;
    const { witness } = this.#site;
    witness.tell({ kind: 'counted', till: till.id, countedMinor, heldMinor: drawer.minor });
    // It goes to the safe.
    drawer.minor = 0;
  }

  async #request(fields: Readonly<Record<string, unknown>>, final: string): Promise<RequestResult> {
    const { chance, time } = this.#site;
    const { till } = this.post;
    const requestId = chance.uuid(`${till.id} requests`);
    const ask = { leaf: 'shift', request: { requestId, ...fields } } as const;
    const answer = await insist(till, time, ask, code => code === final);
    if ('tapId' in answer) throw new Error(`a shift was answered as tap ${answer.tapId}`);
    return answer;
  }
}

const OPEN_ALREADY = 'shift-open-already';
const NOT_OPEN = 'shift-not-open';

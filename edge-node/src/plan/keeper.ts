/**
 * Holds the plan in force: signed by the cloud, for this event, never an older one, stored before it counts. A tap takes `current()` once and
 * keeps it to its end, so a plan that comes meanwhile changes nothing under its hands.
 */
import { equalBytes } from '@pulsera/firmware-protocol/bytes';
import { Fault } from '@pulsera/firmware-protocol/fault';
import type { EventId, PlanVersion } from '@pulsera/firmware-protocol/ids';
import type { Sha256 } from '@pulsera/firmware-protocol/journal/chain';
import type { Verify } from '@pulsera/firmware-protocol/journal/cose';
import { openPlan, type Plan } from '@pulsera/firmware-protocol/wire/plan';
import type { Journal } from '../journal/journal.ts';
import type { PlanPlace } from './place.ts';
import { SellingPlan } from './selling.ts';

export interface PlanKeeperOptions {
  readonly place: PlanPlace;
  readonly event: EventId;
  /** With the cloud's public key, as pinned at enrolment. */
  readonly verify: Verify;
  readonly sha256: Sha256;
  readonly journal: Pick<Journal, 'append'>;
}

interface Held {
  readonly signed: Uint8Array;
  readonly selling: SellingPlan;
}

export class PlanKeeper {
  readonly #options: PlanKeeperOptions;
  readonly #listeners = new Set<(selling: SellingPlan) => void>();
  #held: Held | undefined;
  #applying: Promise<unknown> = Promise.resolve();

  /** @throws Fault `plan-damaged` when there is one that can't be trusted */
  constructor(options: PlanKeeperOptions) {
    this.#options = options;
    const signed = options.place.read();
    if (signed === undefined) return;
    try {
      this.#held = { signed, selling: new SellingPlan(this.#open(signed)) };
    } catch (cause) {
      throw new Fault(
        'plan-damaged',
        `Delete ${options.place.name} and start again: the box fetches the plan from the cloud.`,
        { cause },
      );
    }
  }

  /** Undefined until the first plan came. */
  current(): SellingPlan | undefined {
    return this.#held?.selling;
  }

  /** 0 until the first plan came. */
  version(): PlanVersion {
    return this.#held?.selling.plan.version ?? (0 as PlanVersion);
  }

  /** @returns how to unsubscribe */
  onApplied(listener: (selling: SellingPlan) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Takes a signed plan: verified, journaled, stored, in force. One after the other, in the order of calls.
   * @returns `same` for the one in force, byte for byte
   * @throws Fault `plan-foreign`, `plan-older`, `plan-forked`, `signature-invalid`, `plan-invalid`, `cbor-malformed`, `json-not-canonical`; what the
   * journal throws; the file system's errors. The old plan then stays in force.
   */
  apply(signed: Uint8Array): Promise<'applied' | 'same'> {
    const applied = this.#applying.then(() => this.#apply(signed));
    this.#applying = applied.catch(() => undefined);
    return applied;
  }

  async #apply(signed: Uint8Array): Promise<'applied' | 'same'> {
    const plan = this.#open(signed);
    if (!isNewer(plan, signed, this.#held)) return 'same';
    const { place, journal, sha256 } = this.#options;
    const putInPlace = place.prepare(signed);
    // Journaled before it counts: after a crash in between it is fetched and journaled again, which does no harm.
    await journal.append([
      { kind: 'plan-applied', body: { plan: plan.version, hash: new Uint8Array(sha256(signed)) } },
    ]);
    putInPlace();
    const selling = new SellingPlan(plan);
    this.#held = { signed, selling };
    for (const listener of this.#listeners) listener(selling);
    return 'applied';
  }

  #open(signed: Uint8Array): Plan {
    const plan = openPlan(signed, this.#options.verify);
    if (plan.eventId !== this.#options.event) {
      throw new Fault('plan-foreign', 'Give this box the plan of its own event.', {
        detail: { event: this.#options.event, found: plan.eventId },
      });
    }
    return plan;
  }
}

function isNewer(plan: Plan, signed: Uint8Array, held: Held | undefined): boolean {
  if (held === undefined || plan.version > held.selling.plan.version) return true;
  const detail = { held: held.selling.plan.version, offered: plan.version };
  if (plan.version < held.selling.plan.version) {
    throw new Fault('plan-older', 'Publish the plan anew under a higher version: a box never goes back.', {
      detail,
    });
  }
  if (!equalBytes(signed, held.signed)) {
    throw new Fault(
      'plan-forked',
      'Publish the plan anew under a higher version: there are two different ones of this version.',
      { detail },
    );
  }
  return false;
}

/** Whether the cloud answers: what the tills show, and what the caps of a cut-off box go by. */
import { Fault } from '@pulsera/firmware-protocol/fault';

export class Reach {
  readonly #wallMs: () => number;
  readonly #changed: () => void;
  #cutOffSinceMs: number | null;

  /** Cut off until the first answer: a box that starts without a cloud must not think otherwise. */
  constructor(wallMs: () => number, changed: () => void) {
    this.#wallMs = wallMs;
    this.#changed = changed;
    this.#cutOffSinceMs = wallMs();
  }

  get cutOffSinceMs(): number | null {
    return this.#cutOffSinceMs;
  }

  /**
   * Passes the call's outcome on, and learns from it. A refusal is an answer too.
   * @param signal by which we give it up ourselves: that says nothing of the cloud
   */
  async of<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      const answer = await call;
      this.#set(null);
      return answer;
    } catch (error) {
      if (signal.aborted) throw error;
      const silent = !(error instanceof Fault) || UNANSWERED.has(error.code);
      this.#set(silent ? (this.#cutOffSinceMs ?? this.#wallMs()) : null);
      throw error;
    }
  }

  #set(cutOffSinceMs: number | null): void {
    if (cutOffSinceMs === this.#cutOffSinceMs) return;
    this.#cutOffSinceMs = cutOffSinceMs;
    this.#changed();
  }
}

/** Nobody was there, or only something that is not the cloud, or a cloud that can't do its work. */
const UNANSWERED: ReadonlySet<string> = new Set([
  'cloud-unreachable',
  'cloud-answer-invalid',
  'database-unavailable',
  'unexpected',
]);

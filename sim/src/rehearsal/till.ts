/**
 * A till of the rehearsal, as a good one behaves: it asks its box, and asks again under the same id until it is answered, whatever the
 * line or the box does meanwhile. It can lose its memory, as a terminal does that crashes.
 */
import type { TillId } from '@pulsera/firmware-protocol/ids';
import {
  DEADLINES_MS,
  deadlineMs,
  Prompt,
  type TillRequestLeaf,
  TillResult,
} from '@pulsera/firmware-protocol/wire/till';
import type { VirtualTime } from './time.ts';
import type { Trace } from './trace.ts';

export interface SimTillOptions {
  readonly id: TillId;
  readonly time: VirtualTime;
  readonly trace: Trace;
  /** To its box. @returns false when the line is known to be cut */
  readonly send: (leaf: string, payload: Uint8Array) => boolean;
  /** What stands on its screen now: a result or a prompt. */
  readonly shown: (message: unknown) => void;
  /** Its connection has broken with it. */
  readonly crashed: () => void;
}

/** As typed in: the schema fills in the rest. */
export interface TillAsk {
  readonly leaf: TillRequestLeaf;
  readonly request: { readonly tapId?: string; readonly requestId?: string } & Readonly<
    Record<string, unknown>
  >;
}

interface Asked {
  readonly ask: TillAsk;
  readonly answered: (result: TillResult | 'crashed') => void;
  callOff: () => void;
}

/** Beyond the box's own deadlines: then it is the line that has failed. */
const SLACK_MS = 1_000;
/** Told that the answer is late, it leaves the box some time. */
const LATE_MS = 500;
const WAIT_MS = 30_000;

/** A program that cheats: it sends something else than was typed in, and shows something else than it was answered. */
export interface Crook {
  ask(ask: TillAsk): TillAsk;
  /** @param ask as it was typed in */
  show(ask: TillAsk, result: TillResult): TillResult;
}

export class SimTill {
  readonly id: TillId;
  readonly #options: SimTillOptions;
  readonly #asked = new Map<string, Asked>();
  /** By its id, what a crook made of each request that was typed in since. */
  readonly #forged = new Map<
    string,
    { readonly crook: Crook; readonly typed: TillAsk; readonly sent: TillAsk }
  >();
  readonly #typed = new Set<string>();
  #crook: Crook | undefined;
  onPrompt: (prompt: Prompt) => void = () => {};

  constructor(options: SimTillOptions) {
    this.id = options.id;
    this.#options = options;
  }

  /** @returns the box's answer, however long it takes; `crashed` when the till has forgotten that it asked */
  ask(typed: TillAsk): Promise<TillResult | 'crashed'> {
    const ask = this.#sent(typed);
    return new Promise(answered => {
      const asked = { ask, answered, callOff: () => {} };
      this.#asked.set(idOf(ask), asked);
      this.#send(asked);
    });
  }

  /** From the next request on its program is another one. */
  corrupt(crook: Crook): void {
    this.#crook = crook;
  }

  /** Without an answer of its own. */
  tell(typed: TillAsk): void {
    const { leaf, request } = this.#sent(typed);
    this.#options.send(leaf, new TextEncoder().encode(JSON.stringify(request)));
  }

  /** The line is back: whatever is open is asked again. */
  connected(): void {
    for (const asked of this.#asked.values()) this.#send(asked);
  }

  /** Its program ends and begins anew, and knows of nothing. */
  crash(): void {
    this.#options.trace.note(this.id, 'crash');
    this.#options.crashed();
    const lost = [...this.#asked.values()];
    this.#asked.clear();
    for (const { callOff, answered } of lost) {
      callOff();
      answered('crashed');
    }
  }

  /** What the box said has arrived. */
  receive(leaf: 'result' | 'prompt', json: string): void {
    const said: unknown = JSON.parse(json);
    if (leaf === 'prompt') this.#prompted(Prompt.parse(said));
    else this.#heard(TillResult.parse(said));
  }

  #prompted(prompt: Prompt): void {
    const asked = this.#asked.get(prompt.tapId);
    if (asked === undefined) return;
    this.#options.shown(prompt);
    this.#expect(asked, WAIT_MS + DEADLINES_MS.tap);
    this.onPrompt(prompt);
  }

  #heard(said: TillResult): void {
    const id = 'requestId' in said ? said.requestId : said.tapId;
    const asked = id === null ? undefined : this.#asked.get(id);
    if (id === null || asked === undefined) return;
    const forged = this.#forged.get(id);
    const result = forged?.crook.show(forged.typed, said) ?? said;
    this.#options.shown(result);
    if (result.outcome === 'fault' && result.code === 'answer-late') {
      this.#expect(asked, LATE_MS);
      return;
    }
    asked.callOff();
    this.#asked.delete(id);
    asked.answered(result);
  }

  /** A request under an id that was asked before stays what it was. */
  #sent(typed: TillAsk): TillAsk {
    const id = idOf(typed);
    const forged = this.#forged.get(id);
    if (forged !== undefined) return forged.typed.leaf === typed.leaf ? forged.sent : typed;
    if (this.#crook === undefined || this.#typed.has(id)) {
      this.#typed.add(id);
      return typed;
    }
    const sent = this.#crook.ask(typed);
    this.#forged.set(id, { crook: this.#crook, typed, sent });
    return sent;
  }

  #send(asked: Asked): void {
    this.#options.send(asked.ask.leaf, new TextEncoder().encode(JSON.stringify(asked.ask.request)));
    this.#expect(asked, deadlineMs(asked.ask.leaf));
  }

  /** Asks again when nothing was heard until then. */
  #expect(asked: Asked, ms: number): void {
    const { time, trace } = this.#options;
    asked.callOff();
    asked.callOff = time.after(ms + SLACK_MS, () => {
      trace.note(this.id, 'again', { leaf: asked.ask.leaf });
      this.#send(asked);
    });
  }
}

/** Until a till has started anew, or somebody has put a cable back. */
export const HANDS_MS = 4_000;
/** How often a fault is met by asking again. */
const RETRIES = 5;

/** A request without a wristband: the operator asks again after a crash, and, some times, after a fault. @param isFinal by its code */
export async function insist(
  till: SimTill,
  time: VirtualTime,
  ask: TillAsk,
  isFinal: (code: string) => boolean,
): Promise<TillResult> {
  for (let retries = RETRIES; ; ) {
    const answer = await till.ask(ask);
    if (answer !== 'crashed') {
      retries -= 1;
      if (answer.outcome !== 'fault' || isFinal(answer.code) || retries < 0) return answer;
    }
    await time.sleep(HANDS_MS);
  }
}

const idOf = ({ request: { tapId, requestId } }: TillAsk): string => requestId ?? tapId ?? '';

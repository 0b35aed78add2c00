/**
 * A virtual reader: chips are held into its field and taken away, and each exchange takes the time the data sheet gives.
 * Timers wake late, so an exchange ends on a deadline counted from the moment the field came on, and lateness never adds
 * up: what counts besides the air is only the time the host took to think.
 */

import { PAGE_BYTES } from '../chip/ntag21x/model.ts';
import { isExpected } from '../reader/expect.ts';
import type { Presence, Reader, ReaderSignal, ScriptResult, ScriptStop, Step } from '../reader/reader.ts';
import { Signals } from '../reader/signals.ts';
import { ACTIVATION_MS, commandMs, exchangeMs, PROGRAMMING_MS } from './airtime.ts';
import type { TornPage, VirtualChip } from './chip.ts';
import type { Clock } from './clock.ts';
import { FaultLine, type VirtualFault, withBitError } from './faults.ts';

export interface VirtualReaderOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly via?: 'box' | 'terminal';
}

interface Flight {
  readonly frame: Uint8Array;
  readonly startedMs: number;
}

type Exchanged = { readonly answer: Uint8Array } | ScriptStop;

export class VirtualReader implements Reader {
  readonly name: string;
  readonly via: 'box' | 'terminal';
  readonly #clock: Clock;
  readonly #signals = new Signals();
  readonly #faults = new FaultLine();
  #field: VirtualChip[] = [];
  #chip: Presence | undefined;
  #presences = 0;
  #isUp = true;
  /** A second chip that nobody presented: a fault put it there, and it leaves with the first. */
  #hasStranger = false;
  #needsActivation = false;
  /** Where the air stands, and when the host was told: the difference to now is what the host has thought since. */
  #airMs = 0;
  #toldMs = 0;
  #flight: Flight | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: VirtualReaderOptions) {
    this.name = options.name;
    this.via = options.via ?? 'box';
    this.#clock = options.clock;
  }

  chip(): Presence | undefined {
    return this.#chip;
  }

  isUp(): boolean {
    return this.#isUp;
  }

  onSignal(listener: (signal: ReaderSignal) => void): () => void {
    return this.#signals.subscribe(listener);
  }

  async close(): Promise<void> {
    this.#isUp = false;
    this.#chip = undefined;
    for (const chip of this.#field) chip.powerOff();
    this.#field = [];
    this.#signals.clear();
  }

  /** Something will go wrong, at a place counted from now. */
  arm(fault: VirtualFault): void {
    this.#faults.arm(fault);
  }

  disarm(): void {
    this.#faults.disarm();
  }

  /** Holds a chip into the field; resolves when it has been activated and its presence told. A second one jams both. */
  async present(chip: VirtualChip): Promise<void> {
    if (this.#field.includes(chip)) return;
    this.#field.push(chip);
    if (!this.#isUp) return;
    if (this.#isJammed()) this.#jam();
    else await this.#activate();
  }

  /** Takes a chip away, or all of them. The one that stays alone comes into the field anew. */
  async remove(chip?: VirtualChip): Promise<void> {
    const leaving = chip === undefined ? this.#field : this.#field.filter(held => held === chip);
    const wasJammed = this.#isJammed();
    this.#hasStranger = false;
    this.#cutPower(leaving);
    this.#field = this.#field.filter(held => !leaving.includes(held));
    if (leaving.length > 0) this.#lose();
    if (wasJammed && this.#field.length === 1 && this.#isUp) await this.#activate();
  }

  unplug(reason = 'unplugged'): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#cutPower(this.#field);
    this.#lose();
    this.#signals.send({ kind: 'down', reason });
  }

  async plug(): Promise<void> {
    if (this.#isUp) return;
    this.#isUp = true;
    this.#signals.send({ kind: 'up' });
    if (this.#isJammed()) this.#jam();
    else if (this.#field.length === 1) await this.#activate();
  }

  run(script: readonly Step[]): Promise<ScriptResult> {
    const result = this.#queue.then(() => this.#run(script));
    this.#queue = result;
    return result;
  }

  async #run(script: readonly Step[]): Promise<ScriptResult> {
    const answers: Uint8Array[] = [];
    const stopped = await this.#start();
    if (stopped !== undefined) return { answers, stopped };
    for (const step of script) {
      const exchanged = await this.#exchange(step.bytes);
      if (typeof exchanged === 'string') return { answers, stopped: exchanged };
      answers.push(exchanged.answer);
      if (!isExpected(step.expected, exchanged.answer)) return { answers, stopped: 'mismatch' };
    }
    return { answers };
  }

  /** Takes up the air where the last script left it, and calls the chip again if it has refused something since. */
  async #start(): Promise<ScriptStop | undefined> {
    if (!this.#isUp) return 'reader';
    const chip = this.#field[0];
    if (this.#chip === undefined || chip === undefined) return 'removed';
    this.#airMs += this.#clock.nowMs() - this.#toldMs;
    if (!this.#needsActivation) return undefined;
    const { presence } = this.#chip;
    await this.#pass(ACTIVATION_MS);
    const gone = this.#gone(presence);
    if (gone !== undefined) return gone;
    chip.powerOff();
    chip.powerOn();
    chip.activate();
    this.#needsActivation = false;
    return undefined;
  }

  async #exchange(frame: Uint8Array): Promise<Exchanged> {
    const fault = this.#faults.next(frame);
    await this.#strikeBefore(fault);
    const chip = this.#field[0];
    const presence = this.#chip?.presence;
    if (!this.#isUp) return 'reader';
    if (chip === undefined || presence === undefined) return 'removed';
    if (fault?.kind === 'tear') return await this.#tearAway(chip, frame, fault);

    const answer = chip.begin(frame);
    this.#flight = { frame, startedMs: this.#airMs };
    await this.#pass(exchangeMs(frame, answer));
    this.#flight = undefined;
    const gone = this.#gone(presence);
    if (gone !== undefined) return gone;
    chip.finish();
    if (answer === undefined) {
      this.#needsActivation = true;
      return 'removed';
    }
    const heard = fault?.kind === 'bit-error' ? withBitError(answer, fault) : answer;
    if (chip.state === 'idle' || chip.state === 'halt' || heard.length === 0) this.#needsActivation = true;
    return { answer: heard };
  }

  async #strikeBefore(fault: VirtualFault | undefined): Promise<void> {
    if (fault?.kind === 'removed') await this.remove();
    if (fault?.kind === 'unplugged') this.unplug();
    if (fault?.kind === 'second-chip') {
      this.#hasStranger = true;
      this.#jam();
    }
  }

  async #tearAway(chip: VirtualChip, frame: Uint8Array, torn: TornPage): Promise<ScriptStop> {
    chip.begin(frame);
    await this.#pass(commandMs(frame) + (PROGRAMMING_MS * torn.programmed) / PAGE_BYTES);
    chip.powerOff(torn);
    await this.remove(chip);
    return this.#isUp ? 'removed' : 'reader';
  }

  async #activate(): Promise<void> {
    const chip = this.#field[0];
    if (chip === undefined) return;
    chip.powerOn();
    this.#airMs = this.#clock.nowMs();
    await this.#pass(ACTIVATION_MS);
    if (!this.#isUp || this.#isJammed() || this.#field[0] !== chip || !chip.activate()) return;
    this.#needsActivation = false;
    this.#presences += 1;
    this.#chip = { uid: chip.uid, presence: this.#presences };
    this.#signals.send({ kind: 'present', chip: this.#chip });
  }

  #jam(): void {
    this.#cutPower(this.#field);
    this.#lose();
    this.#signals.send({ kind: 'unsupported', reason: 'several-chips' });
  }

  #isJammed(): boolean {
    return this.#hasStranger || this.#field.length > 1;
  }

  #lose(): void {
    if (this.#chip === undefined) return;
    this.#chip = undefined;
    this.#signals.send({ kind: 'removed' });
  }

  /** Power goes from these chips. A page that is just being programmed is torn as far as the time says. */
  #cutPower(chips: readonly VirtualChip[]): void {
    const flight = this.#flight;
    const programmingMs =
      flight === undefined ? 0 : this.#clock.nowMs() - flight.startedMs - commandMs(flight.frame);
    const share = Math.max(0, Math.min(1, programmingMs / PROGRAMMING_MS));
    for (const chip of chips) chip.powerOff({ programmed: Math.floor(share * PAGE_BYTES) });
  }

  #gone(presence: number): ScriptStop | undefined {
    if (!this.#isUp) return 'reader';
    return this.#chip?.presence === presence ? undefined : 'removed';
  }

  async #pass(ms: number): Promise<void> {
    this.#airMs += ms;
    await this.#clock.sleepUntil(this.#airMs);
    this.#toldMs = this.#clock.nowMs();
  }
}

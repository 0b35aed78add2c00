/** What takes back the changes of a transaction that fails: its steps, the last one first. */
export class Undo {
  #steps: (() => void)[] = [];

  note(step: () => void): void {
    this.#steps.push(step);
  }

  /** The changes stay. */
  forget(): void {
    this.#steps = [];
  }

  takeBack(): void {
    for (const step of this.#steps.reverse()) step();
    this.#steps = [];
  }
}

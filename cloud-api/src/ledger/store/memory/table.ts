/** Rows by key, and by one group of theirs where a table is asked for that. Rows are values: a change is another row. */

import type { Undo } from './undo.ts';
import { violation } from './violation.ts';

export class Table<Row> {
  readonly #name: string;
  readonly #undo: Undo;
  readonly #groupOf: ((row: Row) => string | null) | undefined;
  readonly #rows = new Map<string, Row>();
  readonly #groups = new Map<string, Map<string, Row>>();

  /** @param name as PostgreSQL calls it: its key is `name_pk` */
  constructor(name: string, undo: Undo, groupOf?: (row: Row) => string | null) {
    this.#name = name;
    this.#undo = undo;
    this.#groupOf = groupOf;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  all(): Row[] {
    return [...this.#rows.values()];
  }

  ofGroup(group: string): Row[] {
    return [...(this.#groups.get(group)?.values() ?? [])];
  }

  /** @throws what the database would, where there is one */
  insert(key: string, row: Row): void {
    if (this.#rows.has(key)) throw violation(`${this.#name}_pk`);
    this.put(key, row);
  }

  put(key: string, row: Row): void {
    const before = this.#rows.get(key);
    this.#undo.note(() => this.#set(key, row, before));
    this.#set(key, before, row);
  }

  #set(key: string, before: Row | undefined, after: Row | undefined): void {
    if (after === undefined) this.#rows.delete(key);
    else this.#rows.set(key, after);
    if (before !== undefined) this.#groupWith(before)?.delete(key);
    if (after !== undefined) this.#groupWith(after)?.set(key, after);
  }

  #groupWith(row: Row): Map<string, Row> | undefined {
    const name = this.#groupOf?.(row) ?? null;
    if (name === null) return undefined;
    const group = this.#groups.get(name) ?? new Map<string, Row>();
    this.#groups.set(name, group);
    return group;
  }
}

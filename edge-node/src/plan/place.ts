/** Where the signed plan lies: a file in a box (`file.ts`), a value in a simulated one (`memory.ts`). There whole or not at all. */
export interface PlanPlace {
  /** For whoever has to be told where. */
  readonly name: string;
  /** Undefined when none was ever put there. */
  read(): Uint8Array | undefined;
  /** Stores it beside the one in place. @returns puts it in place */
  prepare(signed: Uint8Array): () => void;
}

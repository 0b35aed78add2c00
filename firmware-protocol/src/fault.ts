/**
 * A fault is something that should not have happened: bad bytes, a broken disk, a peer that lies.
 * (What a guest or an operator may simply be refused is a decline, and a decline is a value.)
 * `code` is stable and listed in docs/errors.md; the message says what to do.
 */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: string;
  /** Figures that help whoever reads the log: offsets, sequence numbers, expected and found. */
  readonly detail: Readonly<Record<string, string | number | boolean | null>>;

  constructor(
    code: string,
    message: string,
    options: { cause?: unknown; detail?: Record<string, string | number | boolean | null> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.detail = options.detail ?? {};
  }
}

/** The stable code of any thrown value: a Fault's own, else `unexpected`. */
export function faultCode(error: unknown): string {
  return error instanceof Fault ? error.code : 'unexpected';
}

/** What is wrong with a decoder, and the input that shows it. */
export type Verdict =
  /** Threw what it doesn't declare, overflowed the stack, or took what it must not. */
  | 'threw'
  /** Was not done with one input in time. */
  | 'hung'
  /** Holds on to memory, or took more than a thread may. */
  | 'memory';

export interface Finding {
  readonly target: string;
  readonly verdict: Verdict;
  readonly what: string;
  readonly input: Uint8Array;
}

/** Two inputs that show the same mistake say the same here: the error, and where in our code it was thrown. */
export function signature(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const frame = (error.stack ?? '')
    .split('\n')
    .find(line => /\.ts:\d+/.test(line) && !line.includes('/sim/src/fuzz/target.ts'));
  const place = /([\w-]+\.ts:\d+)/.exec(frame ?? '')?.[1] ?? 'nowhere';
  return `${error.name} at ${place}`;
}

export function described(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.name}: ${error.message.slice(0, 300)} (${signature(error)})`;
}

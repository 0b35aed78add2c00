/** What a player is asked to play, and what it reports: plain data that goes from process to process. */
import type { Finding } from '../auditor/finding.ts';
import type { Profile } from './profile.ts';

/** What of a night is played; all of it where nothing is said. */
export interface Part {
  /** Numbers of strikes. */
  readonly strikes?: readonly number[] | undefined;
  /** Numbers of guests, from 0. */
  readonly guests?: readonly number[] | undefined;
  /** Nothing begins after that: milliseconds since the doors opened. */
  readonly untilMs?: number | undefined;
}

export interface Order {
  readonly seed: number;
  readonly profile: Profile;
  readonly part: Part;
}

/** How often each, by name. */
export type Counts = Readonly<Record<string, number>>;

/** All that a night has, by its numbers. */
export interface Drawn {
  readonly strikes: readonly number[];
  readonly guests: readonly number[];
  /** When it ends, since the doors opened. */
  readonly untilMs: number;
}

export interface Report {
  readonly order: Order;
  /** Of the trace; empty when the process that played it came to no end. */
  readonly hash: string;
  readonly lines: number;
  readonly virtualMs: number;
  /** By request and outcome, "charge approved" say. */
  readonly taps: Counts;
  /** By wish and reason: what could not even be asked for. */
  readonly dropped: Counts;
  /** By kind. */
  readonly strikes: Counts;
  readonly findings: readonly Finding[];
  readonly drawn: Drawn;
  /** What befell the guest that the first finding hurt, line by line. */
  readonly story: readonly string[];
  /** Of the process that played it, once it had. */
  readonly rssBytes: number;
}

export const NOTHING_PLAYED = {
  hash: '',
  lines: 0,
  virtualMs: 0,
  taps: {},
  dropped: {},
  strikes: {},
  findings: [],
  drawn: { strikes: [], guests: [], untilMs: 0 },
  story: [],
  rssBytes: 0,
} as const satisfies Omit<Report, 'order'>;

/** The finding that came first: what a failing seed is named after. */
export const firstFinding = ({ findings }: Pick<Report, 'findings'>): Finding | undefined =>
  findings.reduce<Finding | undefined>(
    (first, finding) => (first === undefined || finding.atMs < first.atMs ? finding : first),
    undefined,
  );

/** From a player, while it plays and when it is done. */
export type Said =
  | { readonly kind: 'at'; readonly virtualMs: number }
  | { readonly kind: 'done'; readonly report: Report };

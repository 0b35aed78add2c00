/** What the cloud keeps of each chip: whose it is, what is settled, and its part of the wallet's balance. */
import type { ChipUid, Generation, TapRef, WalletId } from '@pulsera/firmware-protocol/ids';
import { type ChipGraph, gaps, graphCases, prune } from '@pulsera/firmware-protocol/purse/graph';

export interface ChipState {
  readonly uid: ChipUid;
  readonly wallet: WalletId;
  readonly generation: Generation;
  readonly blocked: boolean;
  readonly graph: ChipGraph;
  /** Sums of what this chip's taps posted to its wallet's two accounts: every tap touches them, so they stand here. */
  readonly mainMinor: number;
  readonly bonusMinor: number;
}

export const refText = ({ box, epoch, seq }: TapRef): string => `${box}/${epoch}/${seq}`;

/**
 * Prunes a graph that is whole and without forks. With a gap or a fork in it, a later write may leave from an image whose
 * first successor was pruned, and the second would pass unseen; and a fork's loss is summed over all that followed.
 */
export function compact(graph: ChipGraph): ChipGraph {
  if (graph.writes.length < 2 || gaps(graph).length > 0) return graph;
  return graphCases(graph, false).some(({ kind }) => kind === 'fork') ? graph : prune(graph);
}

import type { ChipUid } from '@pulsera/firmware-protocol/ids';
import { EMPTY_GRAPH } from '@pulsera/firmware-protocol/purse/graph';
import { decodeGraph, encodeGraph } from '@pulsera/firmware-protocol/purse/graph-codec';
import type { ChipState } from '../../chip-state.ts';
import type { Chips } from '../chips.ts';
import type { EventTables } from './event-tables.ts';

/** The graph as it is stored, so that a run goes through its codec as a cloud does. */
export interface ChipRow extends Omit<ChipState, 'graph'> {
  readonly graph: Uint8Array;
}

const asState = (row: ChipRow): ChipState => ({ ...row, graph: decodeGraph(row.graph) });
const byUid = (a: Pick<ChipRow, 'uid'>, b: Pick<ChipRow, 'uid'>) => (a.uid < b.uid ? -1 : 1);

export function chipsIn({ chips }: EventTables): Chips {
  const read = (uids: readonly ChipUid[]) =>
    [...new Set(uids)].flatMap(uid => chips.get(uid) ?? []).sort(byUid);
  return {
    read: async uids => new Map(read(uids).map(row => [row.uid, asState(row)])),
    ofWallet: async wallet =>
      chips
        .ofGroup(wallet)
        .sort((a, b) => a.generation - b.generation || byUid(a, b))
        .map(asState),
    async unregistered(wallets) {
      const rows = [...new Set(wallets)].flatMap(wallet => chips.ofGroup(wallet));
      return rows
        .filter(({ registered }) => !registered)
        .sort(byUid)
        .map(asState);
    },
    owned: async wallets =>
      new Set(wallets.filter(wallet => chips.ofGroup(wallet).some(({ registered }) => registered))),
    async meet(strangers) {
      for (const { uid, wallet, generation } of strangers) {
        if (chips.get(uid)) continue;
        const graph = encodeGraph(EMPTY_GRAPH);
        const nothing = { registered: false, blocked: false, graph, mainMinor: 0, bonusMinor: 0 };
        chips.insert(uid, { uid, wallet, generation, ...nothing });
      }
    },
    async register(registered) {
      for (const { uid, wallet, generation, graph, mainMinor, bonusMinor } of registered) {
        const blocked = chips.get(uid)?.blocked ?? false;
        const books = { graph: encodeGraph(graph), mainMinor, bonusMinor };
        chips.put(uid, { uid, wallet, generation, registered: true, blocked, ...books });
      }
    },
    async save(states) {
      for (const { uid, graph, mainMinor, bonusMinor } of states) {
        const row = chips.get(uid);
        if (row) chips.put(uid, { ...row, graph: encodeGraph(graph), mainMinor, bonusMinor });
      }
    },
    async block(uids) {
      for (const row of read(uids)) chips.put(row.uid, { ...row, blocked: true });
    },
    async page(after, limit) {
      const uids = chips.all().map(({ uid }) => uid);
      return uids
        .filter(uid => uid > after)
        .sort()
        .slice(0, limit);
    },
  };
}

/** A till whose program sends more than was typed in, and shows the guest what was agreed to: price, sum and all. */
import type { TillResult } from '@pulsera/firmware-protocol/wire/till';
import type { Crook, TillAsk } from '../till.ts';
import { drawPost, postAt } from '../trouble/moment.ts';
import type { Kind } from '../trouble/strike.ts';
import { boardMinor } from '../workload/board.ts';
import type { Line } from '../workload/intent.ts';

interface LyingTerminal {
  readonly post: number;
  /** So many pieces more of what is bought. */
  readonly pieces: number;
}

const MOST_PIECES = 3;

export const lyingTerminal: Kind<LyingTerminal> = {
  draw: (random, setting) => ({ post: drawPost(random, setting), pieces: 1 + random.below(MOST_PIECES) }),
  play(site, { post, pieces }) {
    const { till } = postAt(site, post);
    site.witness.tell({ kind: 'crooked', box: null, till: till.id });
    till.corrupt(crookOf(pieces));
  },
};

const crookOf = (pieces: number): Crook => ({
  ask: typed => (typed.leaf === 'charge' ? withLines(typed, padded(linesOf(typed), pieces)) : typed),
  show: (typed, result) => (typed.leaf === 'charge' ? pretended(typed, pieces, result) : result),
});

/** More of the first product that costs something; where there is none, nothing is to be had. */
function padded(lines: readonly Line[], pieces: number): readonly Line[] {
  const first = lines.findIndex(line => boardMinor([line]) > 0);
  return lines.map((line, i) => (i === first ? { ...line, quantity: line.quantity + pieces } : line));
}

function pretended(typed: TillAsk, pieces: number, result: TillResult): TillResult {
  if (!('tapId' in result) || result.outcome !== 'approved') return result;
  const lines = linesOf(typed);
  const moreMinor = boardMinor(padded(lines, pieces)) - boardMinor(lines);
  return {
    ...result,
    amountMinor: result.amountMinor - moreMinor,
    balanceMinor: result.balanceMinor + moreMinor,
  };
}

const linesOf = ({ request }: TillAsk) => request.lines as readonly Line[];
const withLines = ({ leaf, request }: TillAsk, lines: readonly Line[]): TillAsk => ({
  leaf,
  request: { ...request, lines },
});

/** A player whose evenings go as their seeds have it. */
import { NOTHING_PLAYED } from '../../src/rehearsal/run/order.ts';
import { type Play, servePlayer } from '../../src/rehearsal/run/player.ts';

const DIES = 13;
const LOOPS = 17;
const STANDS_STILL = 18;

const play: Play = async (order, onNight) => {
  const startedMs = performance.now();
  onNight(() => (order.seed === STANDS_STILL ? 7 : performance.now() - startedMs));
  if (order.seed === DIES) {
    process.stderr.write('dropped the ball\n');
    process.exit(3);
  }
  while (order.seed === LOOPS);
  if (order.seed === STANDS_STILL) await new Promise(() => setInterval(() => {}, 1000));
  return { ...NOTHING_PLAYED, order, hash: `${order.seed}`, virtualMs: process.pid };
};

servePlayer(play);

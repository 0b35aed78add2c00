/** A process that plays evenings for `crew.ts`. */
import { play } from './play.ts';
import { servePlayer } from './player.ts';

servePlayer((order, onNight) => play(order, { onNight }));

/** A till's program ends and begins anew, and knows of nothing. */
import { atMoment, drawMoment, type Moment, postAt } from './moment.ts';
import type { Kind } from './strike.ts';

export const terminalCrash: Kind<Moment> = {
  draw: drawMoment,
  play: (site, moment, evening) =>
    atMoment(site, moment, evening, () => postAt(site, moment.post).till.crash()),
};

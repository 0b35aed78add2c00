import type { EventLoop } from './timers.ts';

/** Node's own: what `main.ts` hands on. */
export const eventLoop: EventLoop = {
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  soon: callback => void setImmediate(callback),
};

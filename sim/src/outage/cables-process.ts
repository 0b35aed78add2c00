/** The cables, in a process of their own: it can be killed, and every connection of the site with it. */
import { randomInt } from 'node:crypto';
import { serve } from '../bench/child.ts';
import { FaultProxy } from '../fault-proxy.ts';
import type { Cable, CableFault } from './outages.ts';

export interface CableOrder {
  readonly cable: Cable;
  /** Left out: any that is free. */
  readonly port: number | undefined;
  readonly targetPort: number;
  readonly fault: CableFault | undefined;
}

/** Each way, from a field to a data centre and from a till to its box across the field; and of a line that is poor. */
const LATENCY_MS: Readonly<Record<Cable, number>> = {
  'box-1': 30,
  'box-2': 30,
  'tills-1': 0,
  'tills-2': 0,
  payments: 30,
  database: 0,
};
const SLOW_MS = 150;
/** Below those that the system gives out by itself: nobody else may have it when the proxy is started anew, nor a caller call itself. */
const PORTS = { from: 20_000, to: 30_000 };

const BREAK: Readonly<Record<CableFault, (proxy: FaultProxy) => void>> = {
  cut: proxy => proxy.cut(),
  'black-hole': proxy => proxy.blackHole(),
  deaf: proxy => proxy.deafen(),
  mute: proxy => proxy.mute(),
  slow: proxy => proxy.mend(),
  forgotten: proxy => proxy.forget(),
};

const cables = new Map<Cable, FaultProxy>();

const answers = {
  /** @returns where each of them listens */
  async open(orders: readonly CableOrder[]): Promise<Readonly<Partial<Record<Cable, number>>>> {
    for (const order of orders) cables.set(order.cable, await start(order));
    for (const order of orders) obey(order);
    return Object.fromEntries([...cables].map(([cable, { port }]) => [cable, port]));
  },
  obey,
};
export type CablesProcess = typeof answers;

serve(answers, async () => {
  for (const cable of cables.values()) await cable.close();
});

function obey({ cable, targetPort, fault }: CableOrder): void {
  const proxy = cables.get(cable);
  if (proxy === undefined) throw new RangeError(`there is no cable ${cable}`);
  proxy.retarget(targetPort);
  proxy.delay(fault === 'slow' ? SLOW_MS : LATENCY_MS[cable]);
  if (fault === undefined) proxy.mend();
  else BREAK[fault](proxy);
}

async function start({ port, targetPort }: CableOrder): Promise<FaultProxy> {
  const target = { targetHost: '127.0.0.1', targetPort };
  if (port !== undefined) return await FaultProxy.start({ ...target, port });
  for (;;) {
    const some = randomInt(PORTS.from, PORTS.to);
    try {
      return await FaultProxy.start({ ...target, port: some });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

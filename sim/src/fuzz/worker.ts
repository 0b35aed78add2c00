/** A thread that fuzzes one target, so that whoever started it can end one that hangs. */
import { parentPort, workerData } from 'node:worker_threads';
import { fuzz } from './loop.ts';
import { type Order, SHARED_WORDS } from './order.ts';
import { loadTarget } from './targets.ts';

const port = parentPort;
if (port !== null) {
  const { name, seed, ms, isOneEnough = false, shared } = workerData as Order;
  const words = new Int32Array(shared, 0, SHARED_WORDS);
  const bytes = new Uint8Array(shared, 4 * SHARED_WORDS);
  const target = await loadTarget(name);
  const untilMs = performance.now() + ms;
  let saidMs = 0;
  let found = 0;
  const done = await fuzz(target, {
    name,
    seed,
    about: input => {
      bytes.set(input.subarray(0, bytes.length));
      words[1] = Math.min(input.length, bytes.length);
      Atomics.add(words, 0, 1);
    },
    isOver: () => performance.now() >= untilMs || (isOneEnough && found > 0),
    progress: progress => {
      if (performance.now() - saidMs < 200) return;
      saidMs = performance.now();
      port.postMessage({ progress });
    },
    found: finding => {
      found += 1;
      port.postMessage({ finding });
    },
  });
  port.postMessage({ done });
}

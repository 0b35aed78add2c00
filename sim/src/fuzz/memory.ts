/** Whether a decoder holds on to what it was given. */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Between two looks at the heap. */
export const INPUTS_A_LOOK = 10_000;
const GROWTH_BYTES = 8 * 1024 * 1024;
const LEAST_LOOKS = 6;

/** Bytes of this thread's heap, and outside it, that are left after a collection. */
export function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

/** Every look of the later half above every one of the earlier, by more than caches and compiled code come to. Pure. */
export function grows(looks: readonly number[]): boolean {
  if (looks.length < LEAST_LOOKS) return false;
  const half = looks.length >> 1;
  return Math.min(...looks.slice(half)) - Math.max(...looks.slice(0, half)) > GROWTH_BYTES;
}

/** What the running box says of itself on loopback. Only what doctor reads is described; the rest may grow. */
import { request } from 'undici';
import { z } from 'zod';

const DEADLINE_MS = 3_000;

const Running = z.looseObject({
  mqttPort: z.int(),
  terminals: z.looseObject({ online: z.int() }),
  readers: z.array(
    z.looseObject({
      till: z.string(),
      name: z.string(),
      state: z.enum(['up', 'down', 'none']),
      reason: z.string().nullable(),
    }),
  ),
});
export type Running = z.infer<typeof Running>;

/** Undefined when it doesn't answer, or its port isn't known beforehand. */
export async function askRunning(healthPort: number): Promise<Running | undefined> {
  if (healthPort === 0) return undefined;
  try {
    const url = `http://127.0.0.1:${healthPort}/health`;
    const { body } = await request(url, { signal: AbortSignal.timeout(DEADLINE_MS) });
    return Running.parse(await body.json());
  } catch {
    return undefined;
  }
}

/** What the organizer sees of the event while it runs: open cases, and how tall the cloud's own journal is. */
import { z } from 'zod';
import type { DemoEvent, Organizer } from './organizer.ts';

const Cases = z.object({
  cases: z.array(
    z.object({ kind: z.string(), uid: z.string().nullable(), lossBoundMinor: z.int().nullable() }),
  ),
});
const Journals = z.object({ journals: z.array(z.object({ box: z.int(), seq: z.int() })) });

export type SeenCase = z.infer<typeof Cases>['cases'][number];

export interface CloudView {
  readonly cases: readonly SeenCase[];
  /** Entries in the cloud's own journal. */
  readonly height: number;
}

export async function lookAtCloud(organizer: Organizer, { path }: DemoEvent): Promise<CloudView> {
  const { cases } = Cases.parse(await organizer.call('GET', `${path}/cases`));
  const { journals } = Journals.parse(await organizer.call('GET', `${path}/journals`));
  return { cases, height: journals.find(({ box }) => box === 0)?.seq ?? 0 };
}

/** Verified ingest, as the cloud measures it itself: the same rows, the same INSERT and role, with and without all the rest. */
import { benchIngest } from '../../../cloud-api/bench/ingest.ts';
import { type Figure, figure } from './figure.ts';
import type { Setting } from './setting.ts';

export async function run({ opened, progress }: Setting): Promise<readonly Figure[]> {
  progress('six boxes send an evening to one PostgreSQL');
  const { value, floor } = await benchIngest(opened);
  return [figure('ingest', 'entries/s', { value, floor }, { atLeast: 0.6 })];
}

/** `npm run sim -- --seed N`: plays one seed, and says what came of it and how to tell it from another run. */
import { parseArgs } from 'node:util';
import { rehearse } from './rehearse.ts';
import { SMALL } from './setting.ts';
import { written } from './trace.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, trace: { type: 'boolean' } },
});
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed) || seed < 0) {
  process.stderr.write('--seed takes a whole number from 0 up\n');
  process.exit(2);
}
const outcome = await rehearse(seed, SMALL, {
  before({ trace }) {
    if (values.trace) trace.listen(line => void process.stdout.write(`${written(line)}\n`));
  },
});
process.stdout.write(`${JSON.stringify({ seed, ...outcome })}\n`);

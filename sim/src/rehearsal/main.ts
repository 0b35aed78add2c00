/** `npm run sim -- --seed N --profile storm`: plays one seed, and says what came of it and how to tell it from another run. */
import { parseArgs } from 'node:util';
import { rehearse } from './rehearse.ts';
import { PROFILES } from './setting.ts';
import { written } from './trace.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    profile: { type: 'string', default: 'storm' },
    trace: { type: 'boolean' },
  },
});
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed) || seed < 0) {
  process.stderr.write('--seed takes a whole number from 0 up\n');
  process.exit(2);
}
const [, setting] = Object.entries(PROFILES).find(([name]) => name === values.profile) ?? [];
if (setting === undefined) {
  process.stderr.write(`--profile takes ${Object.keys(PROFILES).join(', ')}\n`);
  process.exit(2);
}
const outcome = await rehearse(seed, setting, {
  before({ trace }) {
    if (values.trace) trace.listen(line => void process.stdout.write(`${written(line)}\n`));
  },
});
process.stdout.write(`${JSON.stringify({ seed, ...outcome })}\n`);

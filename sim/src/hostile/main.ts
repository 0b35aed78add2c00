/** `npm run hostile`: exit code 1 when something that must hold under siege doesn't. */

import { judge, report } from './judge.ts';
import { HELP, readOptions } from './options.ts';
import { besiege } from './siege.ts';

const asked = readOptions(process.argv.slice(2));
if ('problem' in asked) {
  process.stderr.write(`${asked.problem}\n\n${HELP}`);
  process.exit(2);
}
const { connections, seconds, short, help } = asked.options;
if (help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const opened = new AsyncDisposableStack();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void opened.disposeAsync().finally(() => process.exit(130)));
}
try {
  const order = { connections, ms: seconds * 1000, isMinuteWaited: !short };
  const seen = await besiege(order, opened, text => void process.stderr.write(`${text}\n`));
  const checks = judge(seen, short);
  process.stdout.write(`\n${report(checks)}`);
  process.exitCode = checks.every(({ holds }) => holds) ? 0 : 1;
} finally {
  await opened.disposeAsync();
}

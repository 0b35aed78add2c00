import { afterEach, expect, test } from 'vitest';
import { Program } from '../real/program.ts';
import { Service } from './service.ts';

let service: Service<string> | undefined;
afterEach(() => service?.end('kill'));

/** @param scripts what it runs, life after life; the last one again and again */
function serviceOf(...scripts: readonly string[]) {
  const misconduct: string[] = [];
  const ups: string[] = [];
  let life = 0;
  service = new Service({
    name: 'it',
    start: () => {
      const script = scripts[Math.min(life++, scripts.length - 1)] ?? '';
      return new Program({
        args: ['-e', script],
        upIn: line => (line.startsWith('up') ? line : undefined),
      });
    },
    onUp: async up => void ups.push(up),
    onMisconduct: what => misconduct.push(what),
  });
  return { service, misconduct, ups };
}

const STAYS = 'console.log("up"); setInterval(() => {}, 1000);';

test('a program that does not come up is started again, and that is nobody’s fault', async () => {
  const { service, misconduct, ups } = serviceOf('process.exit(1)', STAYS);
  await service.start();
  expect([service.up, ups, misconduct]).toEqual(['up', ['up'], []]);
});

test('one that was up and ended by itself is started again, and told of', async () => {
  const { service, misconduct, ups } = serviceOf('console.log("up 1")', STAYS);
  await service.start();
  await expect.poll(() => ups).toEqual(['up 1', 'up']);
  expect(misconduct).toEqual([expect.stringContaining('it ended by itself: up 1')]);
});

test('one that was ended stays so until it is started', async () => {
  const { service, misconduct, ups } = serviceOf(STAYS);
  await service.start();
  await service.end('kill');
  expect([service.up, misconduct]).toEqual([undefined, []]);
  await service.start();
  expect(ups).toEqual(['up', 'up']);
});

test('one that leaves with an error when it is told to stop is told of', async () => {
  const { service, misconduct } = serviceOf(`process.on('SIGTERM', () => process.exit(3)); ${STAYS}`);
  await service.start();
  await service.end('stop');
  expect(misconduct).toEqual(['it left with 3 when it was told to stop']);
});

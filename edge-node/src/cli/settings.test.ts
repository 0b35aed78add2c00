import { expect, test } from 'vitest';
import { readSettings } from './settings.ts';

const readFile = () => JSON.stringify({ cloud: { url: 'https://cloud.example' } });
const CLOUD = { PULSERA_EDGE_CLOUD_URL: 'https://cloud.example' };

test.each([
  ['the usual folder', {}, {}, ''],
  ['a file', { config: '/etc/pulsera/edge.json' }, {}, ' --config /etc/pulsera/edge.json'],
  ['a file named by a variable', {}, { PULSERA_EDGE_CONFIG: '/etc/e.json' }, ' --config /etc/e.json'],
  ['a folder', { 'data-dir': '/srv/box' }, {}, ' --data-dir /srv/box'],
  ['a folder named by a variable', {}, { PULSERA_EDGE_DATA_DIR: '/srv/box' }, ' --data-dir /srv/box'],
  ['both', { config: '/a.json', 'data-dir': '/srv/box' }, {}, ' --config /a.json --data-dir /srv/box'],
  ['a folder with a space', { 'data-dir': "/srv/bar's box" }, {}, ` --data-dir '/srv/bar'\\''s box'`],
])('%s: a command that a cure names is for the same box', (_, options, env, expected) => {
  const settings = readSettings(options, { env: { ...CLOUD, ...env }, readFile });
  expect(settings.command('start')).toBe(`npm run edge -- start${expected}`);
});

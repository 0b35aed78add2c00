/**
 * Completes package-lock.json after `npm install`. npm leaves out the optional packages for other platforms that the registry at
 * hand doesn't carry, and `npm ci` then refuses the lock as out of step. Each gets the entry it would have had, without a checksum,
 * which npm never misses where the platform doesn't match. Run: node scripts/complete-lock.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(FILE, 'utf8'));
const PLATFORMS = { windows: 'win32', macos: 'darwin', sunos: 'sunos' };
const OS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const CPU = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32'];

let added = 0;
for (const [path, { optionalDependencies = {} }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (isThere(path, name) || !/^\d+\.\d+\.\d+/.test(version)) continue;
    const platform = platformOf(name);
    if (platform === undefined) continue;
    lock.packages[`node_modules/${name}`] = { version, ...platform, optional: true };
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} packages for other platforms entered`);

/** As Node resolves it: beside the package that asks, or in a folder above. */
function isThere(from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (lock.packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`]) return true;
    if (at === '') return false;
  }
}

/** What the name says: `…-linux-x64-musl`, `…-win32-arm64-msvc`, `…-darwin-universal`. */
function platformOf(name) {
  const words = name.split(/[/-]/).map(word => PLATFORMS[word] ?? word);
  const os = words.find(word => OS.includes(word));
  const cpu = words.find(word => CPU.includes(word) || /^(?:armv?\d|arm)/.test(word));
  if (os === undefined && cpu === undefined) return undefined;
  const libc = words.some(word => word.startsWith('musl'))
    ? 'musl'
    : words.some(word => word.startsWith('gnu'))
      ? 'glibc'
      : undefined;
  return {
    ...(cpu === undefined ? {} : { cpu: [cpu.startsWith('armv') ? 'arm' : cpu] }),
    ...(libc === undefined ? {} : { libc: [libc] }),
    ...(os === undefined ? {} : { os: [os] }),
  };
}

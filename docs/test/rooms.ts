/**
 * The import rules as a table: which room may know which. `breaches` is pure, so that the test can show it a bad import and
 * see it caught.
 */

/** A source file by its path from the repository's root, with what it imports. */
export interface Source {
  readonly path: string;
  readonly imports: readonly string[];
}

const PROTOCOL = '@pulsera/firmware-protocol/';
const APPS = ['edge-node', 'cloud-api', 'pos-desktop', 'admin-web', 'provisioning'];

/** Rooms of the protocol, and the rooms of it that each may import beside itself and the files at its root. */
const PROTOCOL_ROOMS: Readonly<Record<string, readonly string[]>> = {
  money: [],
  journal: ['money'],
  crypto: [],
  reader: [],
  chip: ['reader', 'crypto'],
  purse: ['journal', 'money'],
  wire: ['journal', 'money', 'purse', 'reader'],
  virtual: ['reader', 'chip', 'crypto'],
};

/** main → broker, sync, device → stand, gate → tap → journal; the journal knows none of them. */
const EDGE_ROOMS: Readonly<Record<string, readonly string[]>> = {
  journal: [],
  identity: [],
  plan: ['journal'],
  tap: ['journal'],
  stand: ['tap', 'plan', 'journal'],
  gate: ['tap', 'plan', 'journal'],
  broker: [],
  device: [],
  sync: ['journal', 'plan'],
};

/** ingest → ledger ← reports; what all stand on is below them. */
const CLOUD_GROUND = ['database', 'http', 'keys'];
const CLOUD_ROOMS: Readonly<Record<string, readonly string[]>> = {
  database: [],
  http: ['database'],
  keys: ['database'],
  ledger: ['events', 'tenants'],
  ingest: ['ledger', 'edges', 'events'],
  replacements: ['ingest', 'ledger'],
  reports: ['ledger'],
};

/**
 * The auditors, and what each may know beside itself and packages: nothing of what they audit, but the class that errors have. Paths
 * are theirs from the repository's root.
 */
const AUDITORS: Readonly<Record<string, readonly string[]>> = {
  'sim/src/audit/': [],
  'sim/src/rehearsal/auditor/': ['sim/src/audit/'],
};
const AUDITORS_KNOW = ['@pulsera/firmware-protocol/fault'];

/** Who may use the virtual chips outside tests and the simulated festival: the two places that make one on request. */
const VIRTUAL_ALLOWED = [/^edge-node\/src\/device\/virtual/, /^provisioning\/src\/virtual/];

/** What runs in the supervised reader process, the only place where nfc-pcsc may be loaded. */
const READER_PROCESS = /^edge-node\/src\/device\/pcsc\/(?:pcsc-child|nfc-channel)\.ts$/;

/** One sentence per forbidden import. */
export function breaches(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, imports }) =>
    imports.flatMap(target => {
      const reason = breach(path, target);
      return reason ? [`${path} imports ${target}: ${reason}`] : [];
    }),
  );
}

function breach(path: string, target: string): string | undefined {
  const [workspace = '', , room = ''] = path.split('/');
  if (isTest(path)) return undefined;
  if (workspace === 'sim') return beyondAuditor(path, target);
  if (target.startsWith('.')) {
    const resolved = resolve(path, target);
    if (!resolved.startsWith(`${workspace}/`)) return 'reaches into another workspace by path';
    return betweenRooms(workspace, room, resolved.split('/')[2] ?? '', path);
  }
  if (target.startsWith('node:') && workspace === 'firmware-protocol')
    return 'the protocol runs in browsers too';
  if (target === '@pulsera/firmware-protocol') return 'there is no root barrel: import a subpath';
  const app = APPS.find(name => target.startsWith(`@pulsera/${name}`));
  if (app && app !== workspace) return 'no app imports another app';
  if (target.startsWith(`${PROTOCOL}virtual/`) && !VIRTUAL_ALLOWED.some(allowed => allowed.test(path))) {
    return 'only tests and the simulated festival use the virtual room';
  }
  if (target === 'nfc-pcsc' && !READER_PROCESS.test(path)) return 'only the reader process loads nfc-pcsc';
  return undefined;
}

function beyondAuditor(path: string, target: string): string | undefined {
  const home = Object.keys(AUDITORS).find(folder => path.startsWith(folder));
  if (home === undefined) return undefined;
  const isKnown = target.startsWith('.')
    ? [home, ...(AUDITORS[home] ?? [])].some(folder => resolve(path, target).startsWith(folder))
    : !target.startsWith('@pulsera/') || AUDITORS_KNOW.includes(target);
  return isKnown ? undefined : 'an auditor shares no rules with what it audits';
}

function betweenRooms(workspace: string, from: string, to: string, path: string): string | undefined {
  const rooms = { 'firmware-protocol': PROTOCOL_ROOMS, 'edge-node': EDGE_ROOMS, 'cloud-api': CLOUD_ROOMS }[
    workspace
  ];
  const inRoom = path.split('/').length > 3;
  if (!rooms || !inRoom || from === to) return undefined;
  const isFile = to.endsWith('.ts');
  if (workspace === 'firmware-protocol') {
    if (to === 'virtual') return 'nothing imports virtual';
    return isFile || rooms[from]?.includes(to) ? undefined : `${from} must not know ${to}`;
  }
  const allowed = rooms[from];
  if (isFile || !allowed || (workspace === 'cloud-api' && CLOUD_GROUND.includes(to))) return undefined;
  return allowed.includes(to) ? undefined : `${from} must not know ${to}`;
}

/** Tests, their helpers and measurements may use anything. */
export function isTest(path: string): boolean {
  return (
    /\.(?:test|contract)\.ts$/.test(path) ||
    /^[a-z-]+\/(?:test|bench|vectors|scripts)\//.test(path) ||
    path.endsWith('.config.ts')
  );
}

function resolve(from: string, target: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

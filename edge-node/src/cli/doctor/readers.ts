/** Each reader of the configuration: is it plugged in, does its driver load, does anybody else have it? */
import type { Check } from '@pulsera/firmware-protocol/wire/box-command';
import type { Config, ReaderConfig } from '../../config.ts';
import { type PcscState, PcscStation } from '../../device/pcsc/station.ts';
import type { Timers } from '../../timers.ts';
import { type FoundReader, fail, type Ports, pass, type Readers, warn } from './look.ts';
import type { Running } from './running.ts';

/** What nfc-pcsc needs to be built, and what it talks to. */
export const DRIVER_CURE =
  'apt-get install build-essential python3 libpcsclite-dev pcscd && bash scripts/rebuild-pcsc.sh';
export const SERVICE_CURE = 'apt-get install pcscd && systemctl enable --now pcscd.socket';

/** @param running the box that has them open now and is asked instead */
export async function checkReaders(
  config: Config,
  running: Running | undefined,
  ports: Ports,
): Promise<Check[]> {
  if (running !== undefined && running.readers.length > 0) return running.readers.map(told);
  if (config.readers.length === 0)
    return [pass('readers', 'none wired to this box: each till brings its own')];
  const wired = config.readers.flatMap(reader => (reader.kind === 'pcsc' ? [reader] : []));
  const found =
    wired.length === 0 ? undefined : await ports.readers.look(wired.map(({ match }) => match ?? ''));
  return config.readers.map(reader => {
    if (reader.kind !== 'pcsc') return elsewhere(reader);
    const at = wired.indexOf(reader);
    return judge(reader, found?.state ?? { kind: 'starting' }, found?.readers[at]);
  });
}

/** By the reason that a reader is down for. */
const CURES: Readonly<Record<string, string>> = {
  'driver-missing': DRIVER_CURE,
  'driver-crashed':
    'Unplug the reader and plug it in again; if that does not help: bash scripts/rebuild-pcsc.sh',
  'service-down': SERVICE_CURE,
  'terminal-gone': 'Start that till: its reader is behind it.',
};

function told({ till, name, state, reason }: Running['readers'][number]): Check {
  const check = `reader of ${till}`;
  if (state === 'up') return pass(check, `${name} is up`);
  const cure = CURES[reason ?? ''] ?? 'Plug it in.';
  return fail(check, `${name} is down${reason === null ? '' : `: ${reason}`}`, cure);
}

function elsewhere({ name, till, kind }: ReaderConfig): Check {
  if (kind === 'virtual') {
    return warn(
      title(name),
      `virtual, for training at ${till}`,
      'Configure a real reader before guests come.',
    );
  }
  return pass(title(name), `behind ${till}, which tells of it by itself`);
}

/** Pure. @param reader as found, in the place of this one */
export function judge(
  config: ReaderConfig & { kind: 'pcsc' },
  state: PcscState,
  reader: FoundReader | undefined,
): Check {
  const name = title(config.name);
  switch (state.kind) {
    case 'driver-missing':
      return fail(name, `its driver does not load: ${state.message}`, DRIVER_CURE);
    case 'service-down':
      return fail(name, 'pcscd is not running', SERVICE_CURE);
    case 'crashed':
      return fail(
        name,
        `its driver ended: ${state.message}`,
        'Unplug the reader and plug it in again; if that does not help: bash scripts/rebuild-pcsc.sh',
      );
    case 'starting':
      return fail(
        name,
        'its driver said nothing',
        'Restart pcscd (systemctl restart pcscd), then look again.',
      );
    case 'up':
      break;
  }
  if (reader?.isUp === true) return pass(name, `${reader.name} is up, for ${config.till}`);
  const others =
    state.readers.length === 0 ? 'no reader is plugged in' : `plugged in: ${state.readers.join(', ')}`;
  const wanted = config.match === undefined ? 'a PC/SC reader' : `a reader named "${config.match}"`;
  return fail(
    name,
    `not found (${others})`,
    `Plug ${wanted} in, or correct "match" in the settings. A reader that others see and this doesn't is blocked by the kernel: modprobe -r pn533_usb.`,
  );
}

const title = (name: string) => `reader ${name}`;

const QUIET_LOG = { info: () => {}, warn: () => {} };
const LOOK_MS = 8_000;
/** After the driver is up: pcscd names readers one by one. */
const SETTLE_MS = 2_000;
const STEP_MS = 50;
const DEADLINE_MS = 3_000;

/** Through the box's own reader process. */
export const realReaders = (timers: Timers, random: () => number): Readers => ({
  async look(matches) {
    const station = new PcscStation({ log: QUIET_LOG, timers, random, scriptDeadlineMs: DEADLINE_MS });
    const claims = matches.map(match => station.claim(match));
    station.start();
    try {
      let settled = 0;
      for (let waited = 0; waited < LOOK_MS && settled < SETTLE_MS; waited += STEP_MS) {
        await new Promise(resolve => setTimeout(resolve, STEP_MS));
        const { kind } = station.state();
        if (kind === 'driver-missing' || kind === 'service-down') break;
        if (kind === 'up') settled += STEP_MS;
        if (claims.every(reader => reader.isUp())) break;
      }
      return {
        state: station.state(),
        readers: claims.map(reader => ({ name: reader.name, isUp: reader.isUp() })),
      };
    } finally {
      await station.close();
    }
  },
});

/** A new box in a folder of its own, enrolled over a cable to the cloud that can be cut. */
import { enrolBox } from '@pulsera/edge-node/cli/enrol';
import { type Config, readConfig } from '@pulsera/edge-node/config';
import { FaultProxy } from '../fault-proxy.ts';
import type { OpenCloud } from './open-cloud.ts';
import { type DemoEvent, enrolmentCode, type Organizer } from './organizer.ts';
import { world } from './world.ts';

export interface NewBox {
  readonly dataDir: string;
  readonly name: string;
  readonly open: OpenCloud;
  readonly organizer: Organizer;
  readonly event: DemoEvent;
  /** As its configuration lists them. */
  readonly readers: readonly Config['readers'][number][];
}

export async function cabledBox({
  dataDir,
  name,
  open,
  organizer,
  event,
  readers,
}: NewBox): Promise<{ readonly config: Config; readonly cable: FaultProxy }> {
  const { hostname, port } = new URL(open.cloud.url);
  const cable = await FaultProxy.start({ targetHost: hostname, targetPort: Number(port) });
  try {
    const settings = {
      dataDir,
      cloud: { url: `https://127.0.0.1:${cable.port}`, caFile: open.caFile },
      mqtt: { host: '127.0.0.1', port: 0 },
      healthPort: 0,
      readers,
      logLevel: 'silent',
    };
    const config = readConfig(JSON.stringify(settings), {});
    await enrolBox(config, null, { code: await enrolmentCode(organizer, event), name }, world);
    return { config, cable };
  } catch (error) {
    await cable.close();
    throw error;
  }
}

import { readerContract } from '@pulsera/firmware-protocol/reader/reader.contract';
import { linkedReaders } from '../../test/linked-readers.ts';

readerContract('behind a link', async () => {
  const { far, near, server } = linkedReaders();
  server.announce();
  await new Promise(resolve => setImmediate(resolve));
  return {
    reader: near,
    present: chip => far.present(chip),
    remove: () => far.remove(),
    tearAt: (atWrite, torn) => far.arm({ kind: 'tear', atWrite, ...torn }),
    unplug: async () => far.unplug(),
    plug: () => far.plug(),
    close: async () => {
      server.close();
      await near.close();
      await far.close();
    },
  };
});

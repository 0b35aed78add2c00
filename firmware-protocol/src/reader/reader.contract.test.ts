import { VirtualCardChannel } from '../virtual/card-channel.ts';
import { jumpingClock } from '../virtual/clock.ts';
import { VirtualReader } from '../virtual/reader.ts';
import type { PassThrough } from './apdu.ts';
import { PcscReader } from './pcsc.ts';
import { type ReaderRig, readerContract } from './reader.contract.ts';

readerContract('virtual', async () => {
  const reader = new VirtualReader({ name: 'till 1', clock: jumpingClock() });
  return {
    reader,
    present: chip => reader.present(chip),
    remove: () => reader.remove(),
    tearAt: (atWrite, torn) => reader.arm({ kind: 'tear', atWrite, ...torn }),
    unplug: async () => reader.unplug(),
    plug: () => reader.plug(),
    close: () => reader.close(),
  };
});

function pcscRig(readerName: string, passThrough: PassThrough): () => Promise<ReaderRig> {
  return async () => {
    const channel = new VirtualCardChannel(readerName, passThrough);
    const reader = new PcscReader(channel);
    return {
      reader,
      present: async chip => channel.insert(chip),
      remove: async () => channel.remove(),
      tearAt: (write, torn) => channel.tearAt(write, torn),
      unplug: async () => channel.unplug('gone'),
      plug: async () => channel.plug(),
      close: () => reader.close(),
    };
  };
}

readerContract('PC/SC, known by name', pcscRig('ACS ACR122U PICC Interface 00 00', 'pn532'));
readerContract('PC/SC, found out, PN532', pcscRig('Virtual PCD 00 00', 'pn532'));
readerContract('PC/SC, found out, bare', pcscRig('Some Reader 00 00', 'bare'));

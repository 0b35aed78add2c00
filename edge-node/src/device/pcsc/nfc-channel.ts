import type { CardChannel, ChannelSignal } from '@pulsera/firmware-protocol/reader/channel';
import type { Reader as NfcReader } from 'nfc-pcsc';

/** Long enough for any answer to a storage-card command: 255 bytes, SW1 SW2. */
const RESPONSE_MAX_BYTES = 258;
const GONE = new Uint8Array(0);

/** One nfc-pcsc reader as a CardChannel. */
export function nfcChannel(device: NfcReader): CardChannel {
  const listeners = new Set<(signal: ChannelSignal) => void>();
  let isUp = true;
  const tell = (signal: ChannelSignal): void => {
    for (const listener of [...listeners]) listener(signal);
  };
  // By itself it would send commands of its own to each card.
  device.autoProcessing = false;
  device.on('card', () => tell({ kind: 'card-present' }));
  device.on('card.off', () => tell({ kind: 'card-removed' }));
  device.on('error', (error: Error) => down(error.message));
  device.on('end', () => down('unplugged'));

  function down(reason: string): void {
    if (!isUp) return;
    isUp = false;
    tell({ kind: 'reader-down', reason });
  }

  return {
    readerName: device.name,
    async transmit(apdu) {
      if (!isUp) throw new Error(`${device.name} is down`);
      try {
        return await device.transmit(Buffer.from(apdu), RESPONSE_MAX_BYTES);
      } catch (error) {
        if (!isUp) throw error;
        // The reader is there, so what failed is the card: it left, or was reset by somebody else.
        return GONE;
      }
    },
    async reset() {
      await new Promise<void>((resolve, reject) => {
        const done = (error: Error | undefined | null) => (error ? reject(error) : resolve());
        device.reader.disconnect(device.reader.SCARD_RESET_CARD, done);
      });
      device.connection = null;
      await device.connect();
    },
    onSignal(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      listeners.clear();
    },
  };
}

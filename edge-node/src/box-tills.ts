/** Between broker and desk: what tills send goes in, what they are to know of the box goes out. */
import type { TillId } from '@pulsera/firmware-protocol/ids';
import type { BoxLog } from './box.ts';
import type { Broker } from './broker/broker.ts';
import type { ReaderRegistry } from './device/reader-registry.ts';
import type { TillDesk } from './stand/desk.ts';

/** What the tills are told of the box is looked at this often; it is sent when it has changed. */
const STATE_MS = 1_000;

/** @returns ends it: taps under way are interrupted, and awaited */
export function connectDesk(
  broker: Broker,
  desk: TillDesk,
  readers: ReaderRegistry,
  log: BoxLog,
): { end(): Promise<void> } {
  const underWay = new Set<Promise<void>>();
  const tills = new Set<string>();
  let isOver = false;
  broker.onRequest((terminalId, verb, payload) => {
    if (isOver) return;
    if (verb === 'reader/field' || verb === 'reader/answer') {
      const till = terminalId as TillId;
      if (!readers.heard(till, verb, payload))
        log.warn({ till, verb }, 'A terminal sent what no reader says');
      return;
    }
    const handled = desk.handle(terminalId, verb, payload).finally(() => underWay.delete(handled));
    underWay.add(handled);
  });
  broker.onPresence((terminalId, online) => {
    tills.add(terminalId);
    readers.tillPresence(terminalId as TillId, online);
    if (!online) desk.onTerminalGone(terminalId);
  });
  return {
    async end() {
      isOver = true;
      for (const till of tills) desk.onTerminalGone(till);
      await Promise.all(underWay);
    },
  };
}

/** `box/state`, whenever it has changed. */
export function publishState(broker: Broker, desk: TillDesk): { publish(): void; end(): void } {
  let told = '';
  const publish = (): void => {
    const json = JSON.stringify(desk.boxState() ?? null);
    if (json === told || json === 'null') return;
    told = json;
    broker.publishBoxState(Buffer.from(json));
  };
  publish();
  const timer = setInterval(publish, STATE_MS);
  return { publish, end: () => clearInterval(timer) };
}

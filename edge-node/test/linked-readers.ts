import { jumpingClock } from '@pulsera/firmware-protocol/virtual/clock';
import { VirtualReader } from '@pulsera/firmware-protocol/virtual/reader';
import { ReaderAnswer, ReaderField, ReaderScript } from '@pulsera/firmware-protocol/wire/reader-link';
import { serveReader } from '@pulsera/firmware-protocol/wire/reader-server';
import { LinkedReader } from '../src/device/linked-reader.ts';
import { eventLoop } from '../src/event-loop.ts';

/** Both ends with JSON between them, each message in a turn of its own, as MQTT and IPC do it. */
export function linkedReaders() {
  const far = new VirtualReader({ name: 'far', clock: jumpingClock(), via: 'terminal' });
  const later = (action: () => void) => setImmediate(action);
  const near = new LinkedReader({
    name: 'till 1',
    via: 'terminal',
    deadlineMs: 1_500,
    timers: eventLoop,
    reason: 'never-seen',
    send: script => {
      const text = JSON.stringify(script);
      later(() => void server.run(ReaderScript.parse(JSON.parse(text))));
      return true;
    },
  });
  const server = serveReader(far, {
    answer: answer => later(() => near.answered(ReaderAnswer.parse(JSON.parse(JSON.stringify(answer))))),
    field: field => later(() => near.sensed(ReaderField.parse(JSON.parse(JSON.stringify(field))))),
  });
  return { far, near, server };
}

/** Plays the reader process without any driver: what it does is in its first argument. */
import type { FromChild, ToChild } from '../src/device/pcsc/messages.ts';

const READER = 'Played Reader 00 00';
const tell = (message: FromChild): void => void process.send?.(message);

const ACTS: Readonly<Record<string, () => void>> = {
  /** Works: one reader with a chip in its field, and each script is answered with its number of steps. */
  work() {
    setInterval(() => tell({ kind: 'beat' }), 100);
    tell({ kind: 'service-up' });
    tell({ kind: 'field', reader: READER, field: { kind: 'up' } });
    tell({
      kind: 'field',
      reader: READER,
      field: { kind: 'present', uid: '04a1b2c3d4e5f6' as never, presence: 1 },
    });
    process.on('message', message => {
      const { reader, script } = message as ToChild;
      const answers = script.steps.map(() => '0a');
      tell({ kind: 'answer', reader, answer: { script: script.script, answers, stopped: null } });
    });
  },
  /** As `new NFC()` does while pcscd is down: never comes back to the event loop. */
  spin() {
    tell({ kind: 'service-up' });
    tell({ kind: 'field', reader: READER, field: { kind: 'up' } });
    setTimeout(() => {
      for (;;);
    }, 50);
  },
  'driver-missing'() {
    tell({ kind: 'driver-missing', message: 'no such module' });
    process.disconnect?.();
  },
  crash() {
    process.exit(1);
  },
  babble() {
    process.send?.({ kind: 'nonsense' });
    setInterval(() => {}, 1_000);
  },
};

ACTS[process.argv[2] ?? '']?.();

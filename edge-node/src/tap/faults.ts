/** The faults a till may be answered with, other than what journal, driver and plan raise themselves. */
import { Fault } from '@pulsera/firmware-protocol/fault';

export const readerDown = () =>
  new Fault('reader-down', 'Check the cable of the reader at this till, then try again.');

export const readerMissing = () =>
  new Fault('reader-missing', 'Assign a reader to this till: it has none to tap a wristband on.');

export const tillBusy = () =>
  new Fault('till-busy', 'Finish or cancel the tap under way at this till first.');

export const tapIdReused = () =>
  new Fault('tap-id-reused', 'Give each tap an id of its own: this one was used for another request.');

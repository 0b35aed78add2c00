/**
 * The native commands that a reader may have to say in its own words, because it knows them as its own: those that all
 * NFC Forum Type 2 chips of the NTAG and Ultralight families share (NTAG213/215/216 data sheet, section 10).
 */
export const GET_VERSION = 0x60;
export const READ = 0x30;
export const FAST_READ = 0x3a;
export const WRITE = 0xa2;
/** The four-bit acknowledge, padded to a byte (section 9.3). */
export const ACK = 0x0a;
export const VERSION_BYTES = 8;
export const PAGE_BYTES = 4;

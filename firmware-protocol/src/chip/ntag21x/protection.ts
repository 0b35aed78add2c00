/** The two configuration pages CFG0 and CFG1, read and set (data sheet, section 8.5.7). */

/** The first page that needs the password: all of user memory. */
const OUR_AUTH0 = 4;
const PROT = 0x80;
const CFGLCK = 0x40;
/** The one bit of MIRROR that we keep as found: strong modulation, an antenna matter. */
const STRG_MOD_EN = 0x04;

/** 4 bytes each. */
export interface ConfigurationPages {
  readonly cfg0: Uint8Array;
  readonly cfg1: Uint8Array;
}

/** The first page that needs the password; beyond the last page nothing does. */
export function auth0(cfg0: Uint8Array): number {
  return cfg0[3] ?? 0;
}

export function isConfigurationLocked(cfg1: Uint8Array): boolean {
  return ((cfg1[0] ?? 0) & CFGLCK) !== 0;
}

/** True when reading and writing need the password from page 4 on and wrong ones never lock the chip. */
export function isProtectedAsOurs(cfg0: Uint8Array, cfg1: Uint8Array): boolean {
  return auth0(cfg0) === OUR_AUTH0 && ((cfg1[0] ?? 0) & ~CFGLCK) === PROT;
}

/**
 * What they shall hold, given what they hold: no mirroring, protection from page 4 on for reading too, AUTHLIM 0, no
 * NFC counter. Reserved bytes stay as found, since the data sheet gives their factory values and no meaning.
 */
export function configured(cfg0: Uint8Array, cfg1: Uint8Array): ConfigurationPages {
  return {
    cfg0: Uint8Array.of((cfg0[0] ?? 0) & STRG_MOD_EN, cfg0[1] ?? 0, 0, OUR_AUTH0),
    cfg1: Uint8Array.of(PROT, cfg1[1] ?? 0, cfg1[2] ?? 0, cfg1[3] ?? 0),
  };
}

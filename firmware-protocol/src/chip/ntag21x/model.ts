/** The three members of the family: how they are told apart and where their special pages lie. */
import { equalBytes } from '../../bytes.ts';

export { PAGE_BYTES } from '../../reader/native.ts';

export type Ntag21xModel = 'ntag213' | 'ntag215' | 'ntag216';

/** Page numbers, from the memory maps in the NTAG213/215/216 data sheet, section 8.5. */
export interface Ntag21xLayout {
  readonly model: Ntag21xModel;
  /** The answer to GET_VERSION (data sheet, table 28). */
  readonly version: Uint8Array;
  readonly lastUserPage: number;
  readonly dynamicLockPage: number;
  /** All block-locking bits of the dynamic lock bytes: byte 2 of their page (section 8.5.3). */
  readonly dynamicBlockLocks: number;
  readonly cfg0Page: number;
  readonly cfg1Page: number;
  readonly pwdPage: number;
  readonly packPage: number;
}

export const FIRST_USER_PAGE = 4;
/** Holds the static lock bytes in its last two bytes (section 8.5.2). */
export const STATIC_LOCK_PAGE = 2;

export const NTAG21X: Readonly<Record<Ntag21xModel, Ntag21xLayout>> = {
  ntag213: layout('ntag213', 0x0f, 0x27, 0x3f),
  ntag215: layout('ntag215', 0x11, 0x81, 0x0f),
  ntag216: layout('ntag216', 0x13, 0xe1, 0x7f),
};

/** Which model answered GET_VERSION with this; undefined for every other chip. */
export function modelOf(version: Uint8Array): Ntag21xLayout | undefined {
  return Object.values(NTAG21X).find(candidate => equalBytes(candidate.version, version));
}

/** After user memory come, in all three: dynamic lock bytes, CFG0, CFG1, PWD, PACK. Only the storage size byte differs in the version. */
function layout(
  model: Ntag21xModel,
  storageSize: number,
  lastUserPage: number,
  dynamicBlockLocks: number,
): Ntag21xLayout {
  return {
    model,
    version: Uint8Array.of(0x00, 0x04, 0x04, 0x02, 0x01, 0x00, storageSize, 0x03),
    lastUserPage,
    dynamicLockPage: lastUserPage + 1,
    dynamicBlockLocks,
    cfg0Page: lastUserPage + 2,
    cfg1Page: lastUserPage + 3,
    pwdPage: lastUserPage + 4,
    packPage: lastUserPage + 5,
  };
}

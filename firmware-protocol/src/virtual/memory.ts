/** The memory of an NTAG21x as it leaves the factory (NTAG213/215/216 data sheet, section 8.5). */
import { concatBytes } from '../bytes.ts';
import { FIRST_USER_PAGE, type Ntag21xLayout, type Ntag21xModel, PAGE_BYTES } from '../chip/ntag21x/model.ts';

const CASCADE_TAG = 0x88;
const INTERNAL = 0x48;
/** The capability container (NFC Forum Type 2 Tag): its third byte is the user memory's size in units of eight bytes. */
const CAPABILITY: Readonly<Record<Ntag21xModel, number>> = { ntag213: 0x12, ntag215: 0x3e, ntag216: 0x6d };
/** An empty NDEF message; on the NTAG213 after a TLV that says where the dynamic lock bytes are. */
const FACTORY_USER: Readonly<Record<Ntag21xModel, readonly number[]>> = {
  ntag213: [0x01, 0x03, 0xa0, 0x0c, 0x34, 0x03, 0x00, 0xfe],
  ntag215: [0x03, 0x00, 0xfe, 0x00],
  ntag216: [0x03, 0x00, 0xfe, 0x00],
};
/** Dynamic lock bytes, CFG0, CFG1, PWD, PACK. */
const FACTORY_TAIL = [
  [0x00, 0x00, 0x00, 0xbd],
  [0x04, 0x00, 0x00, 0xff],
  [0x00, 0x05, 0x00, 0x00],
  [0xff, 0xff, 0xff, 0xff],
  [0x00, 0x00, 0x00, 0x00],
];

/** All pages, PWD and PACK included. @param uid 7 bytes. */
export function factoryMemory(layout: Ntag21xLayout, uid: Uint8Array): Uint8Array {
  const [u0 = 0, u1 = 0, u2 = 0, u3 = 0, u4 = 0, u5 = 0, u6 = 0] = uid;
  const head = Uint8Array.of(
    ...[u0, u1, u2, CASCADE_TAG ^ u0 ^ u1 ^ u2],
    ...[u3, u4, u5, u6],
    ...[u3 ^ u4 ^ u5 ^ u6, INTERNAL, 0x00, 0x00],
    ...[0xe1, 0x10, CAPABILITY[layout.model], 0x00],
  );
  const user = new Uint8Array((layout.lastUserPage - FIRST_USER_PAGE + 1) * PAGE_BYTES);
  user.set(FACTORY_USER[layout.model]);
  return concatBytes(head, user, Uint8Array.from(FACTORY_TAIL.flat()));
}

import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../bytes.ts';
import { fastRead, getVersion, pwdAuth, write } from '../chip/ntag21x/commands.ts';
import { personalise } from '../chip/ntag21x/personalise.ts';
import { readChip } from '../chip/ntag21x/read.ts';
import { writeSlot } from '../chip/ntag21x/write.ts';
import { VirtualCardChannel } from '../virtual/card-channel.ts';
import { VirtualChip } from '../virtual/chip.ts';
import { type PassThrough, passThroughOf, pn532ActivatedUid, translate } from './apdu.ts';
import type { CardChannel, ChannelSignal } from './channel.ts';
import { PcscReader } from './pcsc.ts';
import type { ReaderSignal } from './reader.ts';

const UID = '04a1b2c3d4e5f6';
const ACR122 = 'ACS ACR122U PICC Interface 00 00';
const SECRET = { pwd: Uint8Array.of(1, 2, 3, 4), pack: Uint8Array.of(5, 6) };
const USER = Uint8Array.from({ length: 64 }, (_, index) => index + 1);

function apdus(frame: string, passThrough: PassThrough): string[] | undefined {
  return translate(fromHex(frame), passThrough)?.apdus.map(toHex);
}

function back(frame: string, passThrough: PassThrough, ...responses: string[]): string {
  const translated = translate(fromHex(frame), passThrough)?.back(responses.map(fromHex));
  return translated?.kind === 'answer' ? toHex(translated.bytes) : (translated?.kind ?? 'none');
}

describe('native frames as APDUs', () => {
  it.each<[string, PassThrough, string[]]>([
    ['3004', 'pn532', ['ffb0000410']],
    ['a206aabbccdd', 'pn532', ['ffd6000604aabbccdd']],
    ['a206aabbccdd', 'none', ['ffd6000604aabbccdd']],
    ['60', 'pn532', ['ff00000003d44260']],
    ['60', 'bare', ['ff0000000160']],
    ['1b01020304', 'pn532', ['ff00000007d4421b01020304']],
    ['3a0413', 'pn532', ['ff00000005d4423a0413']],
    ['3a0413', 'none', ['ffb0000410', 'ffb0000810', 'ffb0000c10', 'ffb0001010']],
    ['3a0a0e', 'none', ['ffb0000a10', 'ffb0000e10']],
    ['3a0404', 'none', ['ffb0000410']],
  ])('%s through %s is %j', (frame, passThrough, expected) => {
    expect(apdus(frame, passThrough)).toEqual(expected);
  });

  it.each(['60', '1b01020304', '3902', '3a0503', 'a206aa'])('%s has no storage-card command', frame => {
    expect(apdus(frame, 'none')).toBeUndefined();
  });

  it.each<[string, string, PassThrough, string[], string]>([
    ['an update', 'a206aabbccdd', 'pn532', ['9000'], '0a'],
    ['a read', '3004', 'none', ['000102030405060708090a0b0c0d0e0f9000'], '000102030405060708090a0b0c0d0e0f'],
    [
      'reads put together and cut to length',
      '3a0a0e',
      'none',
      [`${'aa'.repeat(16)}9000`, `${'bb'.repeat(16)}9000`],
      `${'aa'.repeat(16)}bbbbbbbb`,
    ],
    ['a frame passed through', '1b01020304', 'pn532', ['d5430005069000'], '0506'],
    ['a bare frame', '1b01020304', 'bare', ['05069000'], '0506'],
    ['a NAK that a PN532 hands on', '1b01020304', 'pn532', ['d54300009000'], '00'],
    ['a PN532 error: time-out', '60', 'pn532', ['d543019000'], 'unclear'],
    ['a PN532 error: CRC', '60', 'pn532', ['d543029000'], 'unclear'],
    ['a PN532 error with half an answer', '3a0404', 'pn532', ['d54302aabb9000'], 'unclear'],
    ['a PN532 answer with nothing in it', '60', 'pn532', ['d543009000'], 'unclear'],
    ['something else than a PN532’s answer', '60', 'pn532', ['00040402010000039000'], 'unsupported'],
    ['operation failed', 'a206aabbccdd', 'none', ['6300'], 'unclear'],
    ['the second of two reads failed', '3a0a0e', 'none', [`${'aa'.repeat(16)}9000`, '6300'], 'unclear'],
    ['no such instruction', '60', 'pn532', ['6d00'], 'unsupported'],
    ['function not supported', '60', 'bare', ['6a81'], 'unsupported'],
    ['an empty response', 'a206aabbccdd', 'pn532', [''], 'removed'],
    ['half a status word', '60', 'pn532', ['90'], 'removed'],
  ])('%s comes back as it must', (_, frame, passThrough, responses, expected) => {
    expect(back(frame, passThrough, ...responses)).toBe(expected);
  });

  it('finds the UID in a PN532’s list of one target, and in nothing else', () => {
    const listed = (text: string) => toHex(pn532ActivatedUid(fromHex(text)) ?? new Uint8Array(0));
    expect(listed(`d54b01010044000704a1b2c3d4e5f69000`)).toBe(UID);
    expect(listed('d54b009000')).toBe('');
    expect(listed('d54b01010044000704a1b29000')).toBe('');
    expect(listed('6300')).toBe('');
  });

  it('knows readers by name', () => {
    expect(passThroughOf(ACR122)).toBe('pn532');
    expect(passThroughOf('HID OMNIKEY 5421 Smartcard Reader (CL) 00 00')).toBe('none');
    expect(passThroughOf('Virtual PCD 00 00')).toBeUndefined();
  });
});

async function rig(name = ACR122, passThrough: PassThrough = 'pn532') {
  const channel = new VirtualCardChannel(name, passThrough);
  const reader = new PcscReader(channel);
  const heard: ReaderSignal[] = [];
  const present = new Promise<void>(resolve => {
    reader.onSignal(signal => {
      heard.push(signal);
      if (signal.kind === 'present') resolve();
    });
  });
  const chip = new VirtualChip(UID);
  channel.insert(chip);
  await present;
  return { channel, reader, chip, heard };
}

describe('a PC/SC reader', () => {
  it('reads a purse in two exchanges and writes a slot in one more a page, where it can pass frames through', async () => {
    const { channel, reader } = await rig();
    await personalise(reader, { uid: UID, user: USER, ...SECRET });
    channel.log.length = 0;
    const read = await readChip(reader, [SECRET]);
    expect(read.kind).toBe('ok');
    expect(channel.log).toHaveLength(2);
    const after = USER.slice(24, 44).fill(0, 0, 16);
    await writeSlot(reader, 0, USER.slice(24, 44), after);
    expect(channel.log).toHaveLength(2 + 4 + 1);
  });

  it('reads open memory with storage-card commands where it cannot', async () => {
    const { channel, reader, chip } = await rig('HID OMNIKEY 5421 CL', 'none');
    channel.log.length = 0;
    const result = await reader.run([fastRead(4, 19)]);
    expect(result.answers).toEqual([chip.image().memory.slice(16, 80)]);
    expect(channel.log).toHaveLength(4);
  });

  it.each([
    ['known', 'HID OMNIKEY 5421 CL'],
    ['found out', 'Some Reader'],
  ])('is unfit, and says so, when it cannot authenticate (%s)', async (_, name) => {
    const { reader } = await rig(name, 'none');
    await expect(readChip(reader, [SECRET])).rejects.toMatchObject({ code: 'reader-unfit' });
    expect((await reader.run([fastRead(4, 4)])).stopped).toBeUndefined();
  });

  it('remembers how an unknown reader passes frames through', async () => {
    const { channel, reader } = await rig('Some Reader', 'bare');
    expect(reader.passThrough()).toBeUndefined();
    await reader.run([getVersion()]);
    expect(reader.passThrough()).toBe('bare');
    channel.log.length = 0;
    await reader.run([getVersion()]);
    expect(channel.log).toHaveLength(1);
  });

  it('tells a refusal from a chip that has left', async () => {
    const { channel, reader } = await rig();
    const refused = await reader.run([pwdAuth(SECRET)]);
    expect(refused).toEqual({ answers: [new Uint8Array(0)], stopped: 'mismatch' });
    channel.remove();
    expect(await reader.run([pwdAuth(SECRET)])).toEqual({ answers: [], stopped: 'removed' });
  });

  it('claims nothing of a write that failed: the chip may have taken it', async () => {
    const { reader } = await rig();
    const result = await reader.run([write(0, USER.slice(0, 4))]);
    expect(result).toEqual({ answers: [new Uint8Array(0)], stopped: 'mismatch' });
  });

  it('does not take another chip, put there meanwhile, for the one that refused', async () => {
    const { channel, reader } = await rig();
    const other = new VirtualChip('04112233445566');
    const transmit = channel.transmit.bind(channel);
    let swapped = false;
    channel.transmit = async apdu => {
      const response = await transmit(apdu);
      if (!swapped) channel.insert(other);
      swapped = true;
      return response;
    };
    expect((await reader.run([pwdAuth(SECRET)])).stopped).toBe('removed');
  });
});

/** A channel that plays what it is told, and nothing else. */
function playing(...responses: (string | Error)[]) {
  let send: (signal: ChannelSignal) => void = () => undefined;
  const log: string[] = [];
  const channel: CardChannel = {
    readerName: ACR122,
    async transmit(apdu) {
      log.push(toHex(apdu));
      const response = responses.shift() ?? '';
      if (response instanceof Error) throw response;
      return fromHex(response);
    },
    onSignal(listener) {
      send = listener;
      return () => undefined;
    },
    close: async () => undefined,
  };
  const reader = new PcscReader(channel);
  const heard: ReaderSignal[] = [];
  reader.onSignal(signal => heard.push(signal));
  return { reader, heard, log, send: (signal: ChannelSignal) => send(signal) };
}

describe('a PC/SC reader that misbehaves', () => {
  it('ends a script with reader when the channel fails, and keeps what it has', async () => {
    const { reader, send } = playing(`${UID}9000`, 'd5430005069000', new Error('pcscd died'));
    send({ kind: 'card-present' });
    const result = await reader.run([pwdAuth(SECRET), fastRead(4, 19)]);
    expect(result).toEqual({ answers: [SECRET.pack], stopped: 'reader' });
  });

  it('ends a script with removed on an empty response', async () => {
    const { reader, send } = playing(`${UID}9000`, 'd5430005069000', '');
    send({ kind: 'card-present' });
    const result = await reader.run([pwdAuth(SECRET), fastRead(4, 19)]);
    expect(result).toEqual({ answers: [SECRET.pack], stopped: 'removed' });
  });

  it('calls the chip anew after a NAK that the reader handed on', async () => {
    const activated = `d54b010100440007${UID}9000`;
    const version = 'd54300' + '0004040201000f03' + '9000';
    const { reader, send, log } = playing(`${UID}9000`, 'd54300009000', activated, version);
    send({ kind: 'card-present' });
    expect(await reader.run([pwdAuth(SECRET)])).toEqual({ answers: [Uint8Array.of(0)], stopped: 'mismatch' });
    expect((await reader.run([getVersion()])).stopped).toBeUndefined();
    expect(log.slice(2)).toEqual(['ff00000004d44a0100', 'ff00000003d44260']);
  });

  it('says that a chip with a UID of four bytes is foreign', async () => {
    const { reader, heard, send } = playing('112233449000');
    send({ kind: 'card-present' });
    await reader.run([getVersion()]);
    expect(heard).toEqual([{ kind: 'unsupported', reason: 'foreign-chip' }]);
    expect(reader.chip()).toBeUndefined();
  });

  it.each<[string, string | Error]>([
    ['a card that has gone again', ''],
    ['a reader that fails', new Error('gone')],
  ])('says nothing of %s before its UID was read', async (_, response) => {
    const { reader, heard, send } = playing(response);
    send({ kind: 'card-present' });
    expect(await reader.run([getVersion()])).toEqual({ answers: [], stopped: 'removed' });
    expect(heard).toEqual([]);
  });

  it('does not announce a card that left while its UID was being read', async () => {
    const { reader, heard, send } = playing(`${UID}9000`);
    send({ kind: 'card-present' });
    send({ kind: 'card-removed' });
    await reader.run([getVersion()]);
    expect(heard).toEqual([]);
  });
});

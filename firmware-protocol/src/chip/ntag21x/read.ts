/**
 * Reading the purse area: one script of PWD_AUTH and FAST_READ when all is well. Only when the password is refused
 * does a second script ask what this chip is, so that the common tap pays nothing for the rare one.
 */
import type { ChipPassword } from '../../crypto/keyset.ts';
import { Fault } from '../../fault.ts';
import type { Presence, Reader, ScriptResult } from '../../reader/reader.ts';
import { AREA_BYTES, AREA_FIRST_PAGE, AREA_LAST_PAGE, IMMUTABLE_BYTES, slotOf } from './area.ts';
import { fastRead, getVersion, isRefusal, PACK_BYTES, pwdAuth, VERSION_BYTES } from './commands.ts';
import { type Held, hold, insist } from './hold.ts';
import { modelOf } from './model.ts';
import type { ChipFault, ReadOutcome } from './outcome.ts';

const READ_AREA = fastRead(AREA_FIRST_PAGE, AREA_LAST_PAGE);

/**
 * Authenticates and reads the chip in the field. It stays authenticated until it leaves or refuses something, so
 * `writeSlot` may follow.
 * @param secrets The passwords to try in turn, likeliest first: one, or two while keys are being rolled. Trying is
 *   harmless because our chips have AUTHLIM 0.
 * @throws Fault `chip-password-missing` when there are none to try.
 */
export async function readChip(reader: Reader, secrets: readonly ChipPassword[]): Promise<ReadOutcome> {
  if (secrets.length === 0)
    throw new Fault('chip-password-missing', 'Give at least one chip password to try.');
  const held = hold(reader);
  if (typeof held === 'string') return { kind: held };
  for (const [index, secret] of secrets.entries()) {
    const outcome = judge(await insist(held, [pwdAuth(secret), READ_AREA]), held.chip, index);
    if (outcome !== 'refused') return outcome;
  }
  return await diagnose(held);
}

function judge(result: ScriptResult, chip: Presence, secret: number): ReadOutcome | 'refused' {
  if (result.stopped === 'reader') return { kind: 'reader-down' };
  if (result.stopped === 'removed') return { kind: 'removed' };
  const [pack, area] = result.answers;
  if (result.stopped === undefined && area !== undefined) {
    return {
      kind: 'ok',
      chip,
      secret,
      immutable: area.slice(0, IMMUTABLE_BYTES),
      slots: [slotOf(area, 0), slotOf(area, 1)],
    };
  }
  if (area !== undefined) return { kind: 'short-answer', expectedBytes: AREA_BYTES, answer: area };
  if (pack?.length === PACK_BYTES) return { kind: 'foreign', reason: 'pack' };
  return 'refused';
}

/** The password was refused: is this no NTAG21x, one that nobody has protected, or one that somebody else has? */
async function diagnose(held: Held): Promise<ChipFault> {
  const result = await insist(held, [getVersion(), READ_AREA]);
  if (result.stopped === 'reader') return { kind: 'reader-down' };
  if (result.stopped === 'removed') return { kind: 'removed' };
  const [version, area] = result.answers;
  if (version?.length !== VERSION_BYTES) {
    if (version === undefined || isRefusal(version)) return { kind: 'wrong-chip' };
    return { kind: 'short-answer', expectedBytes: VERSION_BYTES, answer: version };
  }
  const layout = modelOf(version);
  if (layout === undefined) return { kind: 'wrong-chip', version };
  if (result.stopped === undefined && area !== undefined) {
    return { kind: 'blank-chip', model: layout.model, user: area };
  }
  if (area === undefined || isRefusal(area)) return { kind: 'foreign', reason: 'password' };
  return { kind: 'short-answer', expectedBytes: AREA_BYTES, answer: area };
}

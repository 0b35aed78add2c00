/**
 * Making a blank chip ours. The order is the point: user memory first, then password, then lock bits, and protection
 * in the very last write. Until that one, the chip is open to anybody who holds it, so wherever it is torn away it can
 * simply be personalised again; after it, everything is already in place.
 *
 * What protects a wristband: PROT (reading and writing need the password from page 4 on), AUTHLIM 0 (wrong passwords
 * never lock it: else any phone could brick it), and the block-locking bits, all set. The static lock bytes lie below
 * every AUTH0, so without that anybody's phone could turn a purse read-only for ever.
 */
import { equalBytes } from '../../bytes.ts';
import type { ChipPassword } from '../../crypto/keyset.ts';
import { Fault } from '../../fault.ts';
import type { Reader, ScriptResult, Step } from '../../reader/reader.ts';
import { fastRead, pwdAuth, write } from './commands.ts';
import { type Held, hold } from './hold.ts';
import { FIRST_USER_PAGE, type Ntag21xLayout, PAGE_BYTES, STATIC_LOCK_PAGE } from './model.ts';
import type { PersonaliseOutcome, PersonaliseStep } from './outcome.ts';
import { pagesOf } from './pages.ts';
import { configured, isConfigurationLocked } from './protection.ts';
import { type ChipState, survey } from './survey.ts';
import { tear } from './write.ts';

export interface Personalisation extends ChipPassword {
  /** The chip that all of this was made for: password and MACs hold for one UID only. */
  readonly uid: string;
  /** What user memory shall hold from page 4 on: at least one page, whole pages. */
  readonly user: Uint8Array;
  /** Overwrite a chip that is already ours though it holds something else. Money on it is gone. */
  readonly replace?: boolean;
}

/** FAST_READs of more pages than this don't fit through every reader's buffers. */
const READ_PAGES = 16;
/** BL bits for pages 10–15, 4–9 and the capability container: no lock bit can be set any more (section 8.5.2). */
const STATIC_BLOCK_LOCKS = 0x07;

/**
 * Personalises the chip in the field, or one of ours again.
 * @throws Fault `personalisation-invalid` when the bytes handed in have wrong lengths.
 */
export async function personalise(reader: Reader, wanted: Personalisation): Promise<PersonaliseOutcome> {
  requireLengths(wanted);
  const held = hold(reader);
  if (typeof held === 'string') return { kind: held };
  if (held.chip.uid !== wanted.uid) return { kind: 'removed' };
  const found = await survey(held, wanted);
  if (found.kind !== 'surveyed') return found;
  const { layout, state } = found;
  const userBytes = (layout.lastUserPage - FIRST_USER_PAGE + 1) * PAGE_BYTES;
  if (wanted.user.length > userBytes) return { kind: 'too-small', model: layout.model, userBytes };
  if (state.lockedPage !== undefined) return { kind: 'locked-chip', page: state.lockedPage };
  if (state.isOurs && wanted.replace !== true) {
    const user = await readUser(held, wanted.user.length);
    if (!(user instanceof Uint8Array)) return torn('user', user, 0);
    if (!equalBytes(user, wanted.user)) {
      return { kind: 'already-personalised', model: layout.model, user };
    }
  }
  for (const part of plan(layout, state, wanted)) {
    const result = await held.run([...part.writes, ...part.checks]);
    if (result.stopped !== undefined) return torn(part.step, result, part.writes.length);
  }
  return { kind: 'ok', model: layout.model };
}

interface Part {
  readonly step: PersonaliseStep;
  readonly writes: readonly Step[];
  readonly checks: readonly Step[];
}

/**
 * The scripts, in order. Pages are written whatever they seem to hold, the protection too, since one torn last time may yet decay:
 * a chip that came out of this and then stood open would be nobody's fault and everybody's. Only the password is left alone on a
 * chip that is protected already: torn, it would be lost behind a protection that asks for it.
 */
function plan(layout: Ntag21xLayout, state: ChipState, wanted: Personalisation): Part[] {
  const { user } = wanted;
  const protection = configured(state.cfg0, state.cfg1);
  const readBack = readSteps(user.length, user);
  const secret: Part = {
    step: 'password',
    writes: [
      write(layout.pwdPage, wanted.pwd),
      write(layout.packPage, Uint8Array.of(wanted.pack[0] ?? 0, wanted.pack[1] ?? 0, 0, 0)),
    ],
    // PWD and PACK read as zero: that the chip takes the one and answers the other proves both.
    checks: [pwdAuth(wanted)],
  };
  const locks: Part = {
    step: 'lock',
    writes: [
      write(STATIC_LOCK_PAGE, Uint8Array.of(0, 0, STATIC_BLOCK_LOCKS, 0)),
      write(layout.dynamicLockPage, Uint8Array.of(0, 0, layout.dynamicBlockLocks, 0)),
    ],
    checks: [],
  };
  const protect: Part = {
    step: 'protection',
    writes: [write(layout.cfg1Page, protection.cfg1), write(layout.cfg0Page, protection.cfg0)],
    checks: [],
  };
  const verify: Part = {
    step: 'verification',
    writes: [],
    checks: [
      pwdAuth(wanted),
      ...readBack,
      fastRead(layout.cfg0Page, layout.cfg0Page, protection.cfg0),
      fastRead(layout.cfg1Page, layout.cfg1Page, protection.cfg1),
    ],
  };
  const fill: Part = {
    step: 'user',
    writes: pagesOf(FIRST_USER_PAGE, user).map(page => write(page.number, page.data)),
    checks: readBack,
  };
  return [
    fill,
    ...(state.isOurs ? [] : [secret]),
    locks,
    ...(isConfigurationLocked(state.cfg1) ? [] : [protect]),
    verify,
  ];
}

/** The user bytes, or the result of the script that failed to read them. */
async function readUser(held: Held, length: number): Promise<Uint8Array | ScriptResult> {
  const result = await held.run(readSteps(length));
  if (result.stopped !== undefined) return result;
  return Uint8Array.from(result.answers.flatMap(answer => [...answer]));
}

function readSteps(length: number, holding?: Uint8Array): Step[] {
  const steps: Step[] = [];
  const chunk = READ_PAGES * PAGE_BYTES;
  for (let offset = 0; offset < length; offset += chunk) {
    const end = Math.min(offset + chunk, length);
    const from = FIRST_USER_PAGE + offset / PAGE_BYTES;
    steps.push(fastRead(from, FIRST_USER_PAGE + end / PAGE_BYTES - 1, holding?.slice(offset, end)));
  }
  return steps;
}

function torn(step: PersonaliseStep, result: ScriptResult, writes: number): PersonaliseOutcome {
  return { kind: 'torn', step, ...tear(result, writes) };
}

function requireLengths(wanted: Personalisation): void {
  const { user, pwd, pack } = wanted;
  const isWhole = user.length > 0 && user.length % PAGE_BYTES === 0;
  if (isWhole && pwd.length === 4 && pack.length === 2) return;
  throw new Fault(
    'personalisation-invalid',
    'Give user bytes in whole pages of four, a PWD of 4 bytes and a PACK of 2.',
    { detail: { userBytes: user.length, pwdBytes: pwd.length, packBytes: pack.length } },
  );
}

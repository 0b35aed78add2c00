/** Looking at a chip before personalising it: which model, open or ours or foreign, and whether anything is locked. */
import type { ChipPassword } from '../../crypto/keyset.ts';
import type { ScriptResult } from '../../reader/reader.ts';
import { fastRead, getVersion, isRefusal, PACK_BYTES, pwdAuth, VERSION_BYTES } from './commands.ts';
import { type Held, insist } from './hold.ts';
import { modelOf, type Ntag21xLayout, PAGE_BYTES, STATIC_LOCK_PAGE } from './model.ts';
import type { ChipFault } from './outcome.ts';
import { auth0, isConfigurationLocked, isProtectedAsOurs } from './protection.ts';

export interface ChipState {
  readonly cfg0: Uint8Array;
  readonly cfg1: Uint8Array;
  /** Protected, with the password at hand: it has been personalised to the end before. */
  readonly isOurs: boolean;
  /** A page that can't be written any more, though it must be. */
  readonly lockedPage: number | undefined;
}

export type Survey =
  | { readonly kind: 'surveyed'; readonly layout: Ntag21xLayout; readonly state: ChipState }
  | Exclude<ChipFault, { kind: 'blank-chip' }>;

const LCC_AND_PAGES_4_TO_7 = 0xf8;

/** Leaves the chip ready for writing: open as it was, or authenticated. */
export async function survey(held: Held, secret: ChipPassword): Promise<Survey> {
  const identity = await insist(held, [getVersion()]);
  if (identity.stopped === 'reader' || identity.stopped === 'removed') return gone(identity.stopped);
  const version = identity.answers[0] ?? new Uint8Array(0);
  if (version.length !== VERSION_BYTES) {
    if (isRefusal(version)) return { kind: 'wrong-chip' };
    return { kind: 'short-answer', expectedBytes: VERSION_BYTES, answer: version };
  }
  const layout = modelOf(version);
  if (layout === undefined) return { kind: 'wrong-chip', version };

  const configuration = [
    fastRead(STATIC_LOCK_PAGE, STATIC_LOCK_PAGE),
    fastRead(layout.dynamicLockPage, layout.cfg1Page),
  ];
  const open = judge(await insist(held, configuration), layout, false);
  if (open.kind === 'surveyed' && auth0(open.state.cfg0) > layout.packPage) return open;
  if (open.kind === 'removed' || open.kind === 'reader-down') return open;

  const keyed = await insist(held, [pwdAuth(secret), ...configuration]);
  if (keyed.stopped === 'mismatch' && keyed.answers.length === 1) {
    const isPack = keyed.answers[0]?.length === PACK_BYTES;
    return { kind: 'foreign', reason: isPack ? 'pack' : 'password' };
  }
  return judge({ ...keyed, answers: keyed.answers.slice(1) }, layout, true);
}

function judge(result: ScriptResult, layout: Ntag21xLayout, isOurs: boolean): Survey {
  if (result.stopped === 'reader' || result.stopped === 'removed') return gone(result.stopped);
  const [locks, configuration] = result.answers;
  if (result.stopped !== undefined || locks === undefined || configuration === undefined) {
    const answer = result.answers.at(-1) ?? new Uint8Array(0);
    return { kind: 'short-answer', expectedBytes: 3 * PAGE_BYTES, answer };
  }
  const cfg0 = configuration.slice(PAGE_BYTES, 2 * PAGE_BYTES);
  const cfg1 = configuration.slice(2 * PAGE_BYTES);
  const isConfigured = isProtectedAsOurs(cfg0, cfg1);
  const lockedPage = firstLockedPage(layout, locks, configuration, isConfigured ? undefined : cfg1);
  return { kind: 'surveyed', layout, state: { cfg0, cfg1, isOurs, lockedPage } };
}

/** Any lock bit at all makes a chip unfit: ours leave none set. @param cfg1 only where it must still be written. */
function firstLockedPage(
  layout: Ntag21xLayout,
  locks: Uint8Array,
  dynamic: Uint8Array,
  cfg1: Uint8Array | undefined,
): number | undefined {
  if (((locks[2] ?? 0) & LCC_AND_PAGES_4_TO_7) !== 0 || locks[3] !== 0) return STATIC_LOCK_PAGE;
  if (dynamic[0] !== 0 || dynamic[1] !== 0) return layout.dynamicLockPage;
  return cfg1 !== undefined && isConfigurationLocked(cfg1) ? layout.cfg1Page : undefined;
}

function gone(stopped: 'reader' | 'removed'): Survey {
  return { kind: stopped === 'reader' ? 'reader-down' : 'removed' };
}

/** Which rehearsal is played under which name, and which one a seed plays when none is named. */
import { PROFILES, type Setting } from '../setting.ts';

export type Profile = keyof typeof PROFILES;
export const PROFILE_NAMES = Object.keys(PROFILES) as [Profile, ...Profile[]];

/** In turn, by the seed alone: it plays the same whatever seeds stand around it. */
export const profileOf = (seed: number): Profile =>
  PROFILE_NAMES[seed % PROFILE_NAMES.length] ?? PROFILE_NAMES[0];

export const settingOf = (profile: Profile): Setting => PROFILES[profile];

/**
 * Every reason a tap can be refused for, in the order in which they are looked at: the first that holds is the one the
 * operator reads. A decline changes nothing: not the chip, not the books.
 */
export const DECLINES = {
  'chip-not-removed': 'The wristband is still there from the last tap. Lift it, then tap again.',
  'several-chips': 'More than one wristband is at the reader. Hold out only one.',
  'other-chip': 'The last tap was interrupted. Only the same wristband can finish it.',
  'chip-foreign': 'This is not one of our wristbands. Ask for the festival wristband.',
  'chip-blank': 'This wristband was never activated. Send the guest to the help desk.',
  'wrong-event': 'This wristband is from another festival or year.',
  'key-set-unknown': 'This box does not know the key of this wristband. Send the guest to the help desk.',
  'chip-forged': 'The data on this wristband is damaged or was changed. Send the guest to the help desk.',
  'chip-blocked': 'This wristband is blocked. Send the guest to the help desk.',
  'chip-replaced': 'A newer wristband replaced this one.',
  'image-stale': 'This wristband shows an older state than the one we know. Send the guest to the help desk.',
  'image-forked': 'This wristband was used twice from one state. Send the guest to the help desk.',
  'age-restricted': 'The wristband does not show the age this product asks for.',
  'charge-cap': 'This is more than one payment may be. Split it.',
  'terminal-cap': 'This till has reached what it may take through its own reader. Ask a supervisor.',
  'box-cap': 'The box has been cut off too long to take more. Ask a supervisor to extend it.',
  'reversal-unknown': 'No sale of that number was paid with this wristband, as far as is known by now.',
  'reversal-done': 'That sale was reversed already.',
  'reversal-elsewhere':
    'Another box took over the reversal of that sale. Reverse it there, or try again when the cloud answers.',
  'reversal-needs-cloud':
    'The cloud has to allow the reversal of that sale, and can not be asked now. Reverse it where it was sold, or try again later.',
  'reversal-under-way':
    'A reversal of that sale was begun at another box and is not settled yet. Finish it there, or try again later.',
  'reversal-cut-off':
    'The box that may reverse that sale is cut off. Reverse it there, or try again when that box is back.',
  'reversal-waiting':
    'The box that may reverse that sale is being asked to hand it over. Try again in a moment, or reverse it there.',
  'reversal-other-chip': 'That sale was paid with another wristband.',
  'cash-out-nothing': 'There is nothing on the wristband that can be paid out.',
  'insufficient-balance': 'Not enough on the wristband. Top up, or pay the rest another way.',
  'chip-cap': 'The wristband would hold more than is allowed.',
  'counter-exhausted': 'This wristband has been written as often as it can be. Replace it.',
} as const;

export type DeclineReason = keyof typeof DECLINES;

export interface Decline {
  readonly kind: 'declined';
  readonly reason: DeclineReason;
  /** Figures for the screen: what is missing, what the limit is. */
  readonly figures: Readonly<Record<string, number>>;
}

export function declined(reason: DeclineReason, figures: Record<string, number> = {}): Decline {
  return { kind: 'declined', reason, figures };
}

import { constraintFault } from '../../../database/constraint-fault.ts';

/** What comes of a row that a constraint refuses, by the constraint's name. */
export function violation(constraint: string): Error {
  const error = Object.assign(new Error(`the row violates ${constraint}`), { code: '23000', constraint });
  return constraintFault(error) ?? error;
}

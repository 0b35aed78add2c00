import { constraintFault } from '../../../database/constraint-fault.ts';

/** SQLSTATE: integrity constraint violation. */
const VIOLATION = '23000';

/** What comes of a row that a constraint refuses, by the constraint's name. */
export function violation(constraint: string): Error {
  const error = Object.assign(new Error(`the row violates ${constraint}`), { code: VIOLATION, constraint });
  return constraintFault(error) ?? error;
}

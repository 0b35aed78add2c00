/**
 * An array parameter as PostgreSQL's text for it. The driver escapes every element of an array, which for a batch of
 * thousands is a good part of the time it takes to send it; what never needs escaping is joined instead.
 * @param values integers, or text of letters, digits, - and _ only: UIDs, wallets, kinds. Null is NULL.
 * @throws RangeError for anything else
 */
export function arrayLiteral(values: readonly (number | string | null)[]): string {
  const body = values.map(value => value ?? 'NULL').join(',');
  if (!/^[\w,-]*$/.test(body)) throw new RangeError('an array of this needs escaping: hand it to the driver');
  return `{${body}}`;
}

/**
 * Money is an integer count of a currency's minor units (cents), never a float. An event has one currency,
 * so amounts travel as bare `…Minor` integers and meet their currency only where a person reads them.
 */
import { Fault } from '../fault.ts';

/** ISO 4217 alphabetic code and its exponent: the number of decimals of the minor unit (0 JPY, 2 EUR, 3 TND). */
export interface Currency {
  readonly code: string;
  readonly exponent: number;
}

/** The currencies an event can have: ISO 4217 list one, those whose minor unit is decimal. */
const EXPONENTS: Readonly<Record<string, number>> = {
  AED: 2,
  AUD: 2,
  BGN: 2,
  BHD: 3,
  BRL: 2,
  CAD: 2,
  CHF: 2,
  CLP: 0,
  CNY: 2,
  CZK: 2,
  DKK: 2,
  EUR: 2,
  GBP: 2,
  HKD: 2,
  HUF: 2,
  IDR: 2,
  ILS: 2,
  INR: 2,
  ISK: 0,
  JOD: 3,
  JPY: 0,
  KRW: 0,
  KWD: 3,
  MAD: 2,
  MXN: 2,
  MYR: 2,
  NOK: 2,
  NZD: 2,
  OMR: 3,
  PHP: 2,
  PLN: 2,
  RON: 2,
  RSD: 2,
  SAR: 2,
  SEK: 2,
  SGD: 2,
  THB: 2,
  TND: 3,
  TRY: 2,
  TWD: 2,
  UAH: 2,
  USD: 2,
  VND: 0,
  XOF: 0,
  ZAR: 2,
};

/** @throws Fault `currency-unknown` for a code that isn't in the table. */
export function currency(code: string): Currency {
  const exponent = Object.hasOwn(EXPONENTS, code) ? EXPONENTS[code] : undefined;
  if (exponent === undefined) {
    throw new Fault(
      'currency-unknown',
      `Give the event an ISO 4217 currency that is sold in; ${code} isn't one.`,
    );
  }
  return { code, exponent };
}

/** "12.50 EUR": the same on every machine, for logs, exports and terminals; screens use Intl. */
export function formatMinor(minor: number, { code, exponent }: Currency): string {
  const digits = String(Math.abs(minor)).padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  const fraction = exponent === 0 ? '' : `.${digits.slice(-exponent)}`;
  return `${minor < 0 ? '-' : ''}${whole}${fraction} ${code}`;
}

/**
 * Reads "12.5" as 1250 for EUR. Rejects more decimals than the currency has, exponents, separators and blanks.
 * @throws Fault `amount-invalid`
 */
export function parseMinor(text: string, { code, exponent }: Currency): number {
  const match = /^(-?)(\d{1,12})(?:\.(\d+))?$/.exec(text);
  const fraction = match?.[3] ?? '';
  if (!match || fraction.length > exponent) {
    throw new Fault(
      'amount-invalid',
      `Write the amount as digits with at most ${exponent} decimals (${code}).`,
    );
  }
  const minor = Number(`${match[2]}${fraction.padEnd(exponent, '0')}`);
  return match[1] === '-' && minor !== 0 ? -minor : minor;
}

/**
 * The tax contained in a price that includes it, rounded half up on its absolute value, so that a reversal's tax is
 * exactly the sale's. @param rateBp basis points: 2000 is 20 %.
 */
export function taxIncludedMinor(grossMinor: number, rateBp: number): number {
  const whole = 10_000 + rateBp;
  const tax = Math.floor((2 * Math.abs(grossMinor) * rateBp + whole) / (2 * whole));
  return grossMinor < 0 && tax !== 0 ? -tax : tax;
}

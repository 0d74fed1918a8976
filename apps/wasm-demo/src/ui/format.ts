import { choiceTitle } from 'harmonic-mlp/settings';

const grouped = new Intl.NumberFormat('en');

export const count = (value: number): string => grouped.format(value);

/** A fraction as percent. */
export const percent = (fraction: number | undefined, digits = 2): string =>
  fraction === undefined ? '–' : `${(100 * fraction).toFixed(digits)}%`;

export const seconds = (value: number): string => {
  if (value < 60) return `${value.toFixed(1)} s`;
  const whole = Math.round(value);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
};

export const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** At most three significant digits, without trailing zeros. */
export const short = (value: number): string => String(Number(value.toPrecision(3)));

/** An activation's display name. */
export const activationTitle = (activation: string): string => choiceTitle('activation', activation);

import { choiceTitle } from 'harmonic-mlp/settings';

export { short } from '../short';

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

/** An activation's display name. */
export const activationTitle = (activation: string): string => choiceTitle('activation', activation);

/** "1 test example", "512 test examples". */
export const counted = (number: number, thing: string): string =>
  `${count(number)} ${thing}${number === 1 ? '' : 's'}`;

import { periods } from '@harmonic-mlp/harmonic-layer';

/** The choice of a distribution of periods in a form. */
export interface PeriodsChoice {
  /** Its name; `capped` also for an empty text, because its numbers are settings of their own. */
  name: string;
  /** Its numbers as typed. */
  numbers: { name: string; summary: string; text: string }[];
}

/** The distributions to choose from. */
export const distributions = Object.values(periods);

/** Those whose number can be left out, because made data say what it is. */
export const isMeasured = (name: string): boolean => name === 'nyquist';

/** The numbers of a distribution that are part of its text, with their defaults. */
function numbersOf(name: string): PeriodsChoice['numbers'] {
  if (name === 'capped') return [];
  const entries = Object.entries(periods[name].hyperparameters);
  return entries.map(([each, { summary, default: usual = '' }]) => ({
    name: each,
    summary,
    text: isMeasured(name) ? '' : String(usual),
  }));
}

/** The choice in a text; undefined for a text of another form, such as a list or one distribution for each layer. */
export function readPeriods(text: string): PeriodsChoice | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return { name: 'capped', numbers: [] };
  const [name, values] = trimmed.split(':');
  if (!Object.hasOwn(periods, name) || trimmed.includes('/')) return undefined;
  const numbers = numbersOf(name);
  const typed = values?.split(',') ?? [];
  if (typed.length > numbers.length) return undefined;
  return { name, numbers: numbers.map((number, i) => ({ ...number, text: typed[i] ?? number.text })) };
}

/** The text of a distribution, with these numbers or its defaults. */
export function writePeriods(name: string, numbers = numbersOf(name).map(({ text }) => text)): string {
  if (name === 'capped') return '';
  const text = numbers.join();
  return isMeasured(name) && text.trim() === '' ? name : `${name}:${text}`;
}

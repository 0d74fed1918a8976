import type { Times } from './interleave';
import { ratios, type Summary, summarize } from './statistics';
import { table } from './table';

/** The times that several contenders took for the same thing. */
export interface Comparison {
  /** What was timed. */
  title: string;
  /** The first one is the baseline for the others. */
  rows: { name: string; milliseconds: Summary; ratio: Summary; rounds: number[] }[];
}

/** Compares with the first of the entrants. */
export function compare(title: string, times: Times): Comparison {
  const [base] = Object.values(times);
  const rows = Object.entries(times).map(([name, rounds]) => ({
    name,
    milliseconds: summarize(rounds),
    ratio: summarize(ratios(rounds, base)),
    rounds,
  }));
  return { title, rows };
}

export function showComparison({ title, rows }: Comparison): string {
  const cells = rows.map(({ name, milliseconds, ratio }) => [
    name,
    ...[milliseconds.median, milliseconds.min, milliseconds.max].map(showMilliseconds),
    showRatio(ratio.median),
    `${showRatio(ratio.min)}–${showRatio(ratio.max)}`,
  ]);
  return `${title}\n${table(['milliseconds', 'median', 'min', 'max', 'ratio', 'from–to'], cells)}`;
}

/** Three significant digits, or all digits before the decimal point. */
export function showMilliseconds(value: number): string {
  return showDigits(value, 3);
}

export const showRatio = (value: number): string => showDigits(value, value < 10 ? 3 : 2);

function showDigits(value: number, digits: number): string {
  const before = Math.max(1, Math.floor(Math.log10(Math.max(value, 1e-9))) + 1);
  return value.toFixed(Math.max(0, value < 0.1 ? 4 : digits - before));
}

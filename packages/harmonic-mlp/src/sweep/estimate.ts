import { studentQuantile } from './student';

/** A mean over seeds, and the half width of its 95 % confidence interval. */
export interface Estimate {
  /** The mean; NaN if a value is, or if there is none. */
  readonly mean: number;
  /** The half width of the interval; NaN for fewer than two values. */
  readonly margin: number;
  /** The values. */
  readonly values: readonly number[];
}

/**
 * The mean of values with its confidence interval, `x̄ ± t·s/√n` with Student's t. Values that are not finite make it so too.
 *
 * @example
 * ```ts
 * showEstimate(estimate([97.9, 98.1, 98.0])); // => '98.00 ± 0.25'
 * ```
 */
export function estimate(values: readonly number[]): Estimate {
  const n = values.length;
  const mean = values.reduce((total, value) => total + value, 0) / n;
  if (n < 2) return { mean, margin: Number.NaN, values };
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / (n - 1);
  return { mean, margin: studentQuantile(n - 1) * Math.sqrt(variance / n), values };
}

/**
 * An estimate as text, such as `30.71 ± 0.21`: the margin to two significant digits, and the mean to as many decimals. Without a
 * margin, the mean to three significant digits; `diverged` if it is not finite.
 */
export function showEstimate({ mean, margin }: Pick<Estimate, 'mean' | 'margin'>): string {
  if (!Number.isFinite(mean)) return 'diverged';
  if (margin === 0 || Number.isNaN(margin)) return showNumber(mean);
  const isSmall = Math.abs(mean) < 1e-2 && margin < 1e-2;
  const power = isSmall ? Math.floor(Math.log10(Math.max(Math.abs(mean), margin))) : 0;
  const decimals = Math.min(20, Math.max(0, 1 - Math.floor(Math.log10(margin)) + power));
  const [center, width] = [mean, margin].map((value) => (value / 10 ** power).toFixed(decimals));
  return isSmall ? `(${center} ± ${width})e${power}` : `${center} ± ${width}`;
}

/** A number to three significant digits; `diverged` if it is not finite. */
export function showNumber(value: number): string {
  if (!Number.isFinite(value)) return 'diverged';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-2 || size >= 1e5) return value.toExponential(2).replace('e+', 'e');
  return value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(size))));
}

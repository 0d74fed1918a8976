/** A mean over seeds, and the half width of its 95% confidence interval. */
export interface Estimate {
  readonly mean: number;
  readonly margin: number;
  readonly values: readonly number[];
}

/** The 97.5% quantiles of Student's t distribution with 1, 2, … degrees of freedom. */
const quantiles = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** The largest number of values for which {@link estimate} knows the quantile. */
export const mostSeeds = quantiles.length + 1;

/** The mean of at least two values, `x̄ ± t·s/√n` with Student's t. Values that are not finite make it so too. */
export function estimate(values: readonly number[]): Estimate {
  const n = values.length;
  const mean = values.reduce((total, value) => total + value, 0) / n;
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / (n - 1);
  return { mean, margin: quantiles[n - 2] * Math.sqrt(variance / n), values };
}

/** `30.71 ± 0.21`: the margin to two significant digits, and the mean to as many decimals. */
export function showEstimate({ mean, margin }: Estimate): string {
  if (!Number.isFinite(mean)) return 'diverged';
  if (margin === 0) return showNumber(mean);
  const isSmall = Math.abs(mean) < 1e-2 && margin < 1e-2;
  const power = isSmall ? Math.floor(Math.log10(Math.max(Math.abs(mean), margin))) : 0;
  const decimals = Math.min(20, Math.max(0, 1 - Math.floor(Math.log10(margin)) + power));
  const [center, width] = [mean, margin].map((value) => (value / 10 ** power).toFixed(decimals));
  return isSmall ? `(${center} ± ${width})e${power}` : `${center} ± ${width}`;
}

/** Three significant digits. */
export function showNumber(value: number): string {
  if (!Number.isFinite(value)) return 'diverged';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-2 || size >= 1e5) return value.toExponential(2).replace('e+', 'e');
  return value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(size))));
}

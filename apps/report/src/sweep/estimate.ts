/** The 97.5% quantiles of Student's t distribution with 1, 2, … degrees of freedom. */
const quantiles = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** That of the normal distribution, for more. */
const normalQuantile = 1.96;

/** The mean of values, and half the width of its 95% confidence interval, t·s/√n, if there are at least two. */
export function estimate(values: readonly number[]): { mean: number; margin?: number } {
  const n = values.length;
  const mean = values.reduce((total, value) => total + value, 0) / n;
  if (n < 2) return { mean };
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / (n - 1);
  return { mean, margin: (quantiles[n - 2] ?? normalQuantile) * Math.sqrt(variance / n) };
}

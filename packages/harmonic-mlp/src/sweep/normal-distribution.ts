/** The density of the standard normal distribution. */
export const normalDensity = (x: number): number => Math.exp(-(x ** 2) / 2) / Math.sqrt(2 * Math.PI);

/**
 * The probability that a standard normal variable is at most `x`: `1/2 + φ(x) (x + x³/3 + x⁵/(3·5) + x⁷/(3·5·7) + …)`
 * (Marsaglia, "Evaluating the normal distribution", 2004). The absolute error is about 1e-16.
 */
export function normalProbability(x: number): number {
  if (Math.abs(x) > 9) return x < 0 ? 0 : 1;
  let sum = x;
  let term = x;
  for (let i = 3; Math.abs(term) > 1e-17 * Math.abs(sum); i += 2) {
    term *= x ** 2 / i;
    sum += term;
  }
  return 0.5 + sum * normalDensity(x);
}

/** The 97.5 % quantile of the standard normal distribution. */
const z = 1.959963984540054;

/**
 * The 97.5 % quantile of Student's t distribution, with a relative error below 1e-10: the half width of a 95 % confidence interval in standard
 * errors.
 *
 * Up to 1000 degrees of freedom, it solves `P(|T| ≤ t) = 0.95` by bisection; the probability is a finite sum (Abramowitz and
 * Stegun, 26.7.3 and 26.7.4). Beyond, it is the expansion about the normal quantile (26.7.5), to the third power of 1/ν.
 *
 * @param degrees of freedom, an integer at least 1.
 */
export function studentQuantile(degrees: number): number {
  if (degrees > 1000) return expansion(degrees);
  let [low, high] = [0, Math.PI / 2];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (probabilityWithin(middle, degrees) < 0.95) low = middle;
    else high = middle;
  }
  return Math.sqrt(degrees) * Math.tan((low + high) / 2);
}

/** `P(|T| ≤ √ν tan θ)` for ν degrees of freedom. */
function probabilityWithin(angle: number, degrees: number): number {
  const isOdd = degrees % 2 === 1;
  const square = Math.cos(angle) ** 2;
  let term = isOdd ? Math.cos(angle) : 1;
  let sum = degrees > 1 ? term : 0;
  for (let i = isOdd ? 2 : 1; i < degrees - 2; i += 2) {
    term *= (i / (i + 1)) * square;
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}

const expansion = (degrees: number): number =>
  z +
  (z ** 3 + z) / (4 * degrees) +
  (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2) +
  (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * degrees ** 3);

/** Learning rates that a range test suggests; each is missing where the curve does not have it. */
export interface RateSuggestions {
  /** Where the smoothed loss falls fastest against log₁₀ of the rate, in the mean of five neighboring slopes. */
  readonly steepest?: number;
  /** A tenth of the rate with the lowest smoothed loss. */
  readonly minimumTenth?: number;
  /** Halfway along the longest fall of the smoothed loss: the valley of fastai. */
  readonly valley?: number;
}

/** How many slopes are averaged, so that a single batch does not decide. */
const slopesAveraged = 5;

/**
 * Suggests learning rates.
 *
 * - `steepest` is the original experiment's: the least mean of five neighboring slopes of the smoothed loss against log₁₀ of the
 *   rate, if it is below 0. Slopes are central differences, one-sided at the ends.
 * - `minimumTenth` divides the rate of the lowest smoothed loss by ten (Smith, 2018; the rule of fastai's first range test).
 * - `valley` is fastai 2's: of the longest falling subsequence, with n losses and the last at place e, the place a third and a
 *   sixth of the way from e − n to e, both rounded down.
 *
 * @param rates rising, greater than 0.
 * @param smoothed the smoothed loss at each rate.
 */
export function suggestRates(rates: readonly number[], smoothed: readonly number[]): RateSuggestions {
  if (rates.length < 2) return {};
  const lowest = smoothed.indexOf(smoothed.reduce((a, b) => Math.min(a, b)));
  const steepest = steepestDescent(rates.map(Math.log10), smoothed);
  const valley = valleyOf(smoothed);
  return {
    ...(steepest !== undefined && { steepest: rates[steepest] }),
    ...(lowest > 0 && { minimumTenth: rates[lowest] / 10 }),
    ...(valley !== undefined && { valley: rates[valley] }),
  };
}

/** The place of the steepest descent, in the middle of the slopes that are averaged. */
function steepestDescent(x: readonly number[], y: readonly number[]): number | undefined {
  const slopes = x.map((_, i) => {
    const [before, after] = [Math.max(0, i - 1), Math.min(x.length - 1, i + 1)];
    return (y[after] - y[before]) / (x[after] - x[before]);
  });
  const averaged = Math.min(slopesAveraged, slopes.length);
  let best: { sum: number; place: number } | undefined;
  for (let first = 0; first + averaged <= slopes.length; first++) {
    const sum = slopes.slice(first, first + averaged).reduce((a, b) => a + b, 0);
    if (sum < (best?.sum ?? 0)) best = { sum, place: first + Math.floor(averaged / 2) };
  }
  return best?.place;
}

/** The place in the valley; undefined if no loss is below an earlier one. */
function valleyOf(losses: readonly number[]): number | undefined {
  /** The lengths of the longest falling subsequences that end at each place. */
  const lengths: number[] = [];
  let last = 0;
  losses.forEach((loss, i) => {
    lengths.push(
      1 + lengths.reduce((most, each, before) => (loss < losses[before] ? Math.max(most, each) : most), 0),
    );
    if (lengths[i] > lengths[last]) last = i;
  });
  if (last === 0) return undefined;
  // One before the first place, if all losses fall.
  const first = last - lengths[last];
  const third = (last - first) / 3;
  return Math.max(0, first + Math.floor(third) + Math.floor(third / 2));
}

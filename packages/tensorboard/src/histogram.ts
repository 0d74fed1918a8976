/** How values are distributed. */
export interface Histogram {
  /** The smallest value. */
  min: number;
  /** The largest value. */
  max: number;
  /** The number of values. */
  count: number;
  /** Their sum. */
  sum: number;
  /** The sum of their squares. */
  sumOfSquares: number;
  /** The upper end of each bin; the first bin begins at `min`. */
  limits: number[];
  /** The number of values in each bin. */
  counts: number[];
}

const bins = 64;

/** The distribution of the finite values, in 64 bins of equal width; undefined if there are none. */
export function histogramOf(values: ArrayLike<number>): Histogram | undefined {
  let [count, sum, sumOfSquares] = [0, 0, 0];
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) continue;
    count += 1;
    sum += value;
    sumOfSquares += value * value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (count === 0) return undefined;
  const moments = { min, max, count, sum, sumOfSquares };
  const width = (max - min) / bins;
  if (!(width > 0 && Number.isFinite(width))) return { ...moments, limits: [max], counts: [count] };
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) counts[Math.min(bins - 1, Math.floor((values[i] - min) / width))] += 1;
  }
  const limits = counts.map((_, i) => (i === bins - 1 ? max : min + width * (i + 1)));
  return { ...moments, limits, counts };
}
